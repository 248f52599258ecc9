# A path can't end in a slash.
./data/
