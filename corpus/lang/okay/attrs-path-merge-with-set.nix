# A path merges with a set written out, in either order.
[ { a = { b = 1; }; a.c = 2; } { a.c = 2; a = { b = 1; }; } { a = { b = { }; }; a.b.c = 3; } ]
