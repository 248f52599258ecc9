# Attributes added with // don't change the paths.
let d = derivation { name = "u"; system = "s"; builder = "b"; }; in (d // { passthru = 1; }).outPath == d.outPath
