# appendContext adds what it is told.
let f = builtins.toFile "f" "x"; c = builtins.getContext f; in builtins.getContext (builtins.appendContext "text" c) == c
