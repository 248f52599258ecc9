# The same function inside the same list or set is equal by identity.
let f = x: x; l = [ f ]; s = { inherit f; }; in [ (l == l) (s == s) ([ f ] == [ f ]) ({ g = f; } == { g = f; }) ([ (x: x) ] == [ (x: x) ]) ]
