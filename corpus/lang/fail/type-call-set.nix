# A set without __functor can't be called.
{ a = 1; } 2
