# Of two sets that should be equal the first difference is told.
assert { n.m = 1; } == { n.m = 2; }; "unreached"
