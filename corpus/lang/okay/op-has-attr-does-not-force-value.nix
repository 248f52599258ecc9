# `?` looks at names, never at the value.
let s = { a = throw "never"; b.c = throw "never"; }; in [ (s ? a) (s ? b.c) ]
