# A let inside sees names of the with around it.
with { a = 1; }; let b = a + 1; in with { c = b + a; }; [ a b c ]
