# Application binds tighter than any operator and associates to the left.
let add = a: b: a + b; neg = x: -x; in [ (add 1 2 * 3) (neg 1 + 2) (add (neg 1) 2) (1 + add 1 1) ]
