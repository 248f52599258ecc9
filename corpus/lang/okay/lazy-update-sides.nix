# `//` forces both sets, not what is in them.
({ a = throw "never"; b = 1; } // { a = 2; c = throw "never"; }).a
