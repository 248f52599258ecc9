# An output's path in a string refers to the derivation.
let d = derivation { name = "q"; system = "x86_64-linux"; builder = "/bin/sh"; }; in [ "${d}/bin" (toString d == d.outPath) (builtins.hasContext "${d}") ]
