# Choosing files by name, as a lab does.
let d = ./data/dir; in builtins.filter (n: builtins.match ".*\\.txt" n != null) (builtins.attrNames (builtins.readDir d))
