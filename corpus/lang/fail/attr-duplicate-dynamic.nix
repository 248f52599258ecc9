# A computed name that exists already.
let k = "a"; in { ${k} = 1; a = 2; }
