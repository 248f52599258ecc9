# assert passes its body through.
assert 1 + 1 == 2; assert true; "body"
