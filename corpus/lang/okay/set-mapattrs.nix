# mapAttrs gets name and value.
builtins.mapAttrs (n: v: "${n}=${toString v}") { a = 1; b = "x"; }
