# The outputs of a flake. `nodes` are the flake itself and all that it needs, directly or not:
#   { inputs; isFlake; sourceInfo; dir; }   a flake or tree; `inputs` are places in `nodes`
#   { inputs; isFlake; parent; dir; }       likewise, below the flake at that place
#   … // { known; }                         what stands for its `legacyPackages`, by system
#   { result; }                             something that was put in the place of a flake
# Everything waits until it is asked for, so an input that nobody uses may be missing.
nodes:
let
  made = map (
    node:
    let
      parent = builtins.elemAt made node.parent;
      isBelow = node ? parent;
      sourceInfo = if isBelow then parent.sourceInfo else node.sourceInfo;
      outPath = (if isBelow then parent.outPath else sourceInfo.outPath) + node.dir;
      flake = import (outPath + "/flake.nix");
      inputs = builtins.mapAttrs (_: place: (builtins.elemAt made place).result) node.inputs;
      outputs = flake.outputs (inputs // { self = result; });
      known = name: value: node.known.${name} or value;
      result =
        outputs
        // (
          if node ? known && outputs ? legacyPackages then
            { legacyPackages = builtins.mapAttrs known outputs.legacyPackages; }
          else
            { }
        )
        // sourceInfo
        // {
          inherit
            inputs
            outPath
            outputs
            sourceInfo
            ;
          _type = "flake";
        };
    in
    if node ? result then
      node
    else
      {
        inherit outPath sourceInfo;
        result = if node.isFlake then result else sourceInfo // { inherit outPath sourceInfo; };
      }
  ) nodes;
in
(builtins.head made).result
