# getContext of an output and of the derivation itself.
let d = derivation { name = "ctx"; system = "x86_64-linux"; builder = "/bin/sh"; }; in [ (builtins.getContext d.outPath) (builtins.getContext d.drvPath) ]
