# A small topological sort, as a lab library may have it.
let
  deps = { report = [ "train" ]; train = [ "gen" ]; gen = [ ]; audit = [ "gen" "report" ]; };
  visit = acc: n: if builtins.elem n acc then acc else builtins.foldl' visit acc deps.${n} ++ [ n ];
in builtins.foldl' visit [ ] (builtins.attrNames deps)
