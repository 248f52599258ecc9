# Stability over a longer list.
let l = builtins.genList (i: { k = i - (i / 7) * 7; v = i; }) 40; in map (p: p.v) (builtins.sort (a: b: a.k < b.k) l)
