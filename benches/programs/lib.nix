# The helpers of nixpkgs' lib on sets of 1,500 sets: map, filter, rename, merge, product.
let
  lib = import <nixpkgs-lib>;
  nodes = lib.genAttrs (map (i: "node${toString i}") (lib.range 1 1500)) (name: {
    inherit name;
    size = lib.stringLength name;
    disk = {
      kind = "ssd";
      free = 10;
    };
  });
  round =
    total: i:
    let
      grown = lib.mapAttrs (_: node: node // { size = node.size + i; }) nodes;
      large = lib.filterAttrs (name: node: node.size > 40 || lib.hasPrefix "node7" name) grown;
      renamed = lib.mapAttrs' (name: node: lib.nameValuePair "${name}-copy" node.size) large;
      merged = lib.recursiveUpdate nodes { node3.disk.free = i; };
    in
    total
    + lib.foldl' lib.add 0 (lib.attrValues renamed)
    + lib.foldl' lib.add 0 (lib.mapAttrsToList (_: node: node.disk.free) merged);
  grid = lib.cartesianProduct {
    seed = lib.range 1 50;
    width = lib.range 1 30;
    depth = lib.range 1 20;
  };
in
lib.foldl' round 0 (lib.range 1 100)
+ lib.foldl' (total: point: total + point.seed * point.width + point.depth) 0 grid
