# A condition is shown with its parentheses.
assert 1 + 1 == 3 && true; "unreached"
