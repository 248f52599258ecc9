# Ranges, empty when the end comes first.
let range = a: b: if a > b then [ ] else builtins.genList (i: a + i) (b - a + 1); in [ (range 1 5) (range 3 3) (range 2 1) (map (x: x * 10) (range (-1) 1)) ]
