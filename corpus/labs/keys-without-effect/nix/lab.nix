{ pkgs, repx-lib, gitHash, ... }:
let
  main = repx-lib.callRun ./runs/main.nix [ ];
in
repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "1.0.0";
  runs = { inherit main; };
}
