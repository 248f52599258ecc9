# Interpolating a path copies it into the store.
"${./data/hello.txt}"
