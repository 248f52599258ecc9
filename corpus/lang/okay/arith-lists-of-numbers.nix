# Sum, product and maximum by folds.
let l = [ 3 1 4 1 5 9 2 6 ]; in [ (builtins.foldl' builtins.add 0 l) (builtins.foldl' (a: b: a * b) 1 l) (builtins.foldl' (a: b: if a > b then a else b) (builtins.head l) l) ]
