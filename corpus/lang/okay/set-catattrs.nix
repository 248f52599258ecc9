# catAttrs skips sets without the name.
builtins.catAttrs "v" [ { v = 1; } { w = 2; } { v = null; } ]
