# head, tail, elemAt, length.
let l = [ 10 20 30 ]; in [ (builtins.head l) (builtins.tail l) (builtins.elemAt l 2) (builtins.length l) (builtins.tail [ 1 ]) (builtins.length [ ]) ]
