# foldl' goes from the left, with the accumulator first.
[ (builtins.foldl' (a: x: a + x) "" [ "a" "b" "c" ]) (builtins.foldl' (a: x: [ x ] ++ a) [ ] [ 1 2 3 ]) (builtins.foldl' (a: x: a) 0 [ ]) (builtins.foldl' (a: x: x) (throw "never used") [ 1 ]) ]
