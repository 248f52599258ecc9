# All four order comparisons are made of __lessThan.
let __lessThan = a: b: true; in [ (2 < 1) (1 > 2) (1 <= 2) (2 >= 1) ]
