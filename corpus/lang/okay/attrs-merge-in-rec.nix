# In rec a merged set is one attribute in scope.
rec { a.b = 1; a.c = d; d = a.b + 1; }
