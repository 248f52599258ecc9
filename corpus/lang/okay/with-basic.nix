# with brings a set's names into scope.
with { a = 1; b = 2; }; [ a b ]
