# Functions equal nothing.
assert (x: x) == (x: x); "unreached"
