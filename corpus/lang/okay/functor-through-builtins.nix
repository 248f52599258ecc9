# Builtins that take functions accept functors.
let add = { __functor = _: a: b: a + b; }; isBig = { __functor = _: x: x > 2; }; in
[ (builtins.foldl' add 0 [ 1 2 3 ]) (builtins.filter isBig [ 1 2 3 4 ]) (builtins.sort { __functor = _: a: b: a > b; } [ 1 3 2 ]) (builtins.all isBig [ 3 4 ]) ]
