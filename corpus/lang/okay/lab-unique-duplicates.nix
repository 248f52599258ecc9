# Keep the first of equal elements, find the names used twice.
let
  unique = builtins.foldl' (acc: x: if builtins.elem x acc then acc else acc ++ [ x ]) [ ];
  twice = l: builtins.attrNames (builtins.removeAttrs (builtins.groupBy (x: x) l) (builtins.filter (n: builtins.length (builtins.filter (x: x == n) l) == 1) (unique l)));
in [ (unique [ 1 2 1.0 "1" 2 ]) (twice [ "a" "b" "a" "c" "b" ]) ]
