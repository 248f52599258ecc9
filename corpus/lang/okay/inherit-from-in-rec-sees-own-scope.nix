# In rec the expression of inherit (e) is evaluated in the set's own scope.
rec { s = { a = 1; }; inherit (s) a; b = a + 1; }
