# What a lab's flake sees as its input `repx`: our library in the shape of upstream's flake. The packages that
# upstream's overlay brings are stand-ins, which can be listed but not run.
{
  prim,
  lib,
  repx-lib,
}:
let
  systems = [
    "x86_64-linux"
    "aarch64-linux"
    "x86_64-darwin"
    "aarch64-darwin"
  ];
  forEach = lib.genAttrs systems;

  package = name: system: (import ./host/package.nix { inherit prim lib system; }).unknown name;
  packages = system: {
    repx = package "repx" system;
    repx-py = package "repx-py" system;
    default = package "repx" system;
  };

  outputs = {
    # Both ways of asking for it: `repx.lib.mkLab` and `repx.lib.${system}.mkLab`.
    lib = repx-lib // forEach (_system: repx-lib);
    repx-lib = repx-lib // forEach (_system: repx-lib);
    overlays.default =
      final: _prev:
      removeAttrs (packages (final.system or "x86_64-linux")) [ "default" ];
    packages = forEach packages;
  };
in
outputs
// {
  inherit outputs;
  inputs = { };
  _type = "flake";
}
