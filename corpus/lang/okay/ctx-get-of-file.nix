# getContext of a source file.
builtins.getContext (builtins.toFile "f" "x")
