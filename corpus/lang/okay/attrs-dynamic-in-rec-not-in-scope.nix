# A computed name isn't in scope for the other attributes of rec.
let k = "v"; v = "outer"; in (rec { ${k} = "inner"; w = v; }).w
