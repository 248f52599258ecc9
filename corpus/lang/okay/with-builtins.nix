# with works on builtins; names of the global scope win over it.
with builtins; [ (length [ 1 2 ]) (with { map = "other"; }; typeOf map) ]
