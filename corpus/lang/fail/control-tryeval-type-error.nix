# tryEval doesn't catch type errors.
builtins.tryEval (1 + "a")
