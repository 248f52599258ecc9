# Recursive update of nested sets.
let
  merge = a: b: a // builtins.mapAttrs (n: v: if builtins.isAttrs v && a ? ${n} && builtins.isAttrs a.${n} then merge a.${n} v else v) b;
in merge { a.b = 1; a.c.d = 2; x = [ 1 ]; } { a.c.e = 3; a.b = 9; x = [ 2 ]; y = 1; }
