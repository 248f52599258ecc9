# A name nobody defines.
let xs = [ 1 ]; in x
