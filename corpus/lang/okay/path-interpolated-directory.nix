# A directory is copied whole.
"${./data/dir}"
