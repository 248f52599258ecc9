# A failed comparison in an assertion is caught like any assertion.
[ (builtins.tryEval (assert { a = 1; } == { a = 2; }; 1)) (builtins.tryEval (assert [ 1 ] == [ ]; 1)) (builtins.tryEval (assert null == 0; 1)) ]
