# A pattern that isn't one.
builtins.match "(" "x"
