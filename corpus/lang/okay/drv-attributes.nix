# What derivation answers besides its paths.
let d = derivation { name = "a"; system = "s"; builder = "b"; x = 1; }; in [ (builtins.attrNames d) d.x d.drvAttrs (builtins.length d.all) (d.out.outPath == d.outPath) ]
