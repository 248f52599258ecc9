# seq evaluates the outside of its first argument only.
[ (builtins.seq 1 2) (builtins.seq [ (throw "never") ] 3) (builtins.seq { a = throw "never"; } 4) (builtins.deepSeq [ 1 { a = 2; } ] 5) (builtins.tryEval (builtins.seq (throw "now") 6)).success ]
