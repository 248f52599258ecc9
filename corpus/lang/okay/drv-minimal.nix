# Paths of the smallest derivation.
let d = derivation { name = "x"; system = "x86_64-linux"; builder = "/bin/sh"; }; in [ d.drvPath d.outPath d.name d.type d.outputName ]
