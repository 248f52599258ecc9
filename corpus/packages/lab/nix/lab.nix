{ pkgs, repx-lib, gitHash, ... }:
let
  greet = repx-lib.callRun ./greet.nix [ ];
in
repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "1.0.0";
  runs = { inherit greet; };
}
