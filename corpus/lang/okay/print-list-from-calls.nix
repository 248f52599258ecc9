# What a function gives twice are two values, even if it is one list.
let row = [ 1 2 ]; give = _: row; in [ (give 1) (give 2) ]
