# Of two lists that should be equal the lengths are compared first.
assert [ 1 ] == [ 1 2 ]; "unreached"
