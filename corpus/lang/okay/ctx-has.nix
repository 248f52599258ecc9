# Which strings have context.
let f = builtins.toFile "f" "x"; in map builtins.hasContext [ "plain" f "a${f}b" (builtins.substring 0 0 f) (builtins.unsafeDiscardStringContext f) (toString [ f ]) (baseNameOf f) (builtins.toJSON { inherit f; }) ]
