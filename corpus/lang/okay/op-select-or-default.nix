# `or` gives a default for a missing attribute anywhere on the path.
let s = { a.b = 1; n = null; }; in [ (s.a.b or 9) (s.a.c or 9) (s.x.y.z or 9) (s.n or 9) (s.n.q or 9) (s.a.b.c or 9) ]
