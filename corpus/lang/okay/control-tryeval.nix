# tryEval catches throw and failed assertions, and evaluates only the outside of its argument.
[ (builtins.tryEval 1) (builtins.tryEval (throw "x")) (builtins.tryEval (assert false; 1)).success (builtins.tryEval { a = throw "inside"; }).success ((builtins.tryEval (throw "x")).value) ]
