# Arguments and all attribute types enter the derivation.
let d = derivation { name = "env-1.0"; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" "echo $s > $out" ]; s = "text"; i = 1; t = true; f = false; n = null; l = [ 1 "two" [ 3 ] ]; p = 1.5; }; in [ d.drvPath d.outPath ]
