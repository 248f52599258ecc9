# `f x.y or z` applies f to the selection with its default.
let f = x: x + 1; s = { y = 1; }; in [ (f s.y or 10) (f s.z or 10) ]
