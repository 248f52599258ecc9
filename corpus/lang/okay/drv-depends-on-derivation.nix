# An input derivation changes the paths of what uses it.
let a = derivation { name = "a"; system = "x86_64-linux"; builder = "/bin/sh"; }; b = v: derivation { name = "b"; system = "x86_64-linux"; builder = "/bin/sh"; dep = a; inherit v; }; in [ (b 1).drvPath (b 2).drvPath (b 1).outPath ]
