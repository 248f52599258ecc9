# A cartesian product, the last name varying fastest.
let
  product = axes: builtins.foldl' (acc: name: builtins.concatMap (row: map (v: row // { ${name} = v; }) axes.${name}) acc) [ { } ] (builtins.attrNames axes);
in product { a = [ 1 2 ]; b = [ "x" "y" ]; c = [ true ]; }
