# toString of all kinds of values.
map toString [ 1 (-1) "s" true false null [ ] [ 1 2 ] [ 1 [ 2 [ 3 ] ] "x" ] [ true false null ] [ "a b" "c" ] ]
