# `or` is a keyword only after a selection.
let s = { or = 1; }; in [ s.or (s.or or 2) (s.x or s.or) ]
