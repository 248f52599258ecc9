# elem compares with ==.
[ (builtins.elem 1 [ 1 2 ]) (builtins.elem 1.0 [ 1 2 ]) (builtins.elem "1" [ 1 ]) (builtins.elem { a = 1; } [ { a = 1; } ]) (builtins.elem [ ] [ [ ] ]) (builtins.elem 1 [ ]) ]
