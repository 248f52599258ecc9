# __ignoreNulls leaves null attributes out.
let d = n: derivation ({ name = "nulls"; system = "s"; builder = "b"; __ignoreNulls = true; } // n); in (d { x = null; }).outPath == (d { y = null; }).outPath
