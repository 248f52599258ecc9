# `x:x` without a space is a string (a URI), `x: x` is a function.
map builtins.typeOf [ x:x (x: x) ]
