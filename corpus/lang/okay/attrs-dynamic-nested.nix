# Computed names may stand anywhere on a path.
let a = "x"; b = "y"; in { ${a}.${b}.z = 1; p.${a}.q = 2; p.r = 3; }
