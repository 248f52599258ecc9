# A function that calls itself without end.
let f = x: f (x + 1) + 1; in f 0
