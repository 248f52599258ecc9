# Functions of several arguments are functions of functions.
let f = a: b: c: [ a b c ]; g = f 1; in [ (g 2 3) (f 4 5 6) ]
