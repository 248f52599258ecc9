# The @ name may not be one of the formals.
{ a, b }@a: a
