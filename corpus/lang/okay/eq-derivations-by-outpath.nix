# Two sets of type derivation are compared by their outPath alone.
let d = x: { type = "derivation"; outPath = "/o"; extra = x; }; in [ (d 1 == d 2) (d 1 == (d 1 // { outPath = "/p"; })) ({ type = "d"; outPath = "/o"; x = 1; } == { type = "d"; outPath = "/o"; x = 2; }) ]
