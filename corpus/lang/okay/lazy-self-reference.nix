# A lazy list or set may refer to itself.
let xs = [ 1 ] ++ map (x: x * 2) (builtins.genList (i: builtins.elemAt xs i) 4); in xs
