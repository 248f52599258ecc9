# What a lab's flake sees as its input `nixpkgs` when another package set is asked for. `packages` is that set, or a
# function or file that makes it; `location` is the path whose import gives `make`.
{
  packages,
  lib,
  location,
}:
let
  isFile = builtins.isPath packages || builtins.isString packages;
  given = if isFile then import packages else packages;

  # A set that is there already can only be extended.
  make =
    if builtins.isFunction given then
      given
    else
      {
        overlays ? [ ],
        ...
      }:
      if overlays == [ ] then given else given.appendOverlays overlays;

  systems = [
    "x86_64-linux"
    "aarch64-linux"
    "x86_64-darwin"
    "aarch64-darwin"
  ];
  legacyPackages = lib.genAttrs systems (system: make { inherit system; });
  outputs = {
    inherit legacyPackages;
    lib = (make { }).lib;
  };
in
{
  inherit make;
  inherit (outputs) lib;
  flake = outputs // {
    inherit outputs;
    outPath = location;
    inputs = { };
    _type = "flake";
  };
}
