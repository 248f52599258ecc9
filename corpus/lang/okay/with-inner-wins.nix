# Of nested withs the inner one is asked first, the outer where that fails.
with { a = 1; b = 2; }; with { a = 3; }; [ a b ]
