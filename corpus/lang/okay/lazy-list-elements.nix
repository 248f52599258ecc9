# A list's elements are evaluated one by one, on demand.
let l = [ 1 (throw "never") 3 ]; in [ (builtins.elemAt l 2) (builtins.head l) (builtins.length (builtins.tail l)) ]
