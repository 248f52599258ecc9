# A negative length.
builtins.genList (x: x) (-1)
