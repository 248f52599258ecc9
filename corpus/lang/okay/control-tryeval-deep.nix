# With deepSeq an error deep inside is caught as well.
(builtins.tryEval (let v = { a.b = [ 1 (throw "deep") ]; }; in builtins.deepSeq v v)).success
