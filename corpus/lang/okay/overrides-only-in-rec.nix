# Without rec, __overrides is an ordinary attribute.
{ a = 1; __overrides = { a = 2; }; }.a
