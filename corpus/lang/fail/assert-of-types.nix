# Values of two types are told with their types.
assert "1" == 1; "unreached"
