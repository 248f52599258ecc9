# A negative start.
builtins.substring (-1) 1 "abc"
