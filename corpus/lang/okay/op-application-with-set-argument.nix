# An attribute set is an argument without parentheses; selection binds tighter than application.
let f = s: s.a; t = { u = { a = 2; }; }; in [ (f { a = 1; }) (f t.u) (f (t.u)) ]
