# A failed assertion is caught by tryEval.
builtins.tryEval (assert false; 1)
