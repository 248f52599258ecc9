# `a-b` is a name; `a - b` and `a -b` are subtractions inside parentheses.
let a = 3; b = 1; a-b = 100; in [ a-b (a - b) (a -b) (a - b - b) ]
