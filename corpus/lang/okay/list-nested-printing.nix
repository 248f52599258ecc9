# Nested lists and sets print on one line.
[ 1 [ 2 [ 3 [ ] ] ] { a = [ { b = null; } ]; } true ]
