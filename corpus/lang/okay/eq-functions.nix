# Functions are never equal when compared directly, not even to themselves.
let f = x: x; in [ (f == f) ((x: x) == (x: x)) (builtins.map == builtins.map) ]
