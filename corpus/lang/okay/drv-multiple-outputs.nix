# Several outputs, the first is the default.
let d = derivation { name = "multi"; system = "x86_64-linux"; builder = "/bin/sh"; outputs = [ "dev" "out" "doc" ]; }; in [ d.outPath d.dev.outPath d.out.outPath d.doc.outPath d.outputName (map (o: o.outputName) d.all) ]
