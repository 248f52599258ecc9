# `?` binds tighter than `++`, `+` and `!`.
let s = { a = 1; }; in [ (s ? a && !s ? b) (if s ? a then [ 1 ] ++ [ 2 ] else [ ]) ]
