# Quoting for the shell.
let esc = s: "'" + builtins.replaceStrings [ "'" ] [ "'\\''" ] (toString s) + "'"; in map esc [ "plain" "it's" "a b" 1 "" "$x" ]
