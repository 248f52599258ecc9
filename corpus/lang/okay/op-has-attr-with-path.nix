# `?` takes an attribute path and answers false for anything that isn't a set on the way.
let s = { a.b.c = 1; n = null; }; in
[ (s ? a) (s ? a.b.c) (s ? a.b.d) (s ? x.y) (s ? n) (s ? n.z) (s ? a.b.c.d) (1 ? a) ("x" ? y) ]
