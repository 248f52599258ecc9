# A string with context may be compared, but its length and pieces keep working.
let f = builtins.toFile "abc" "x"; in [ (builtins.stringLength f) (f == f) (builtins.substring 44 3 f) ]
