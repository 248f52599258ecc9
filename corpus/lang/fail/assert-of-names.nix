# Sets with other names differ in their names.
assert { a = 1; b = 2; } == { a = 1; }; "unreached"
