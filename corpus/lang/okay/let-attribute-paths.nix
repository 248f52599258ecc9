# Attribute paths merge in let as they do in sets.
let a.b = 1; a.c = a.b + 1; in a
