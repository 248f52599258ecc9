# What isn't needed isn't evaluated.
let bad = throw "never"; in [ (let x = bad; in 1) (builtins.length [ bad bad ]) ((x: 2) bad) { a = 3; b = bad; }.a ]
