# A failed assertion shows its condition.
assert 1 + 1 == 3; "unreached"
