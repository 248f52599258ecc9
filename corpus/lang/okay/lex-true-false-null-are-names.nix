# true, false and null are names that can be shadowed.
let true = 1; false = 2; null = 3; in [ true false null (1 == 1) ]
