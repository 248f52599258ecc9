# abort can't be caught.
builtins.tryEval (abort "stop here")
