{ pkgs, repx-lib, gitHash, ... }:
repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "1.0.0";
  runs.main = repx-lib.callRun ./runs/main.nix [ ];
}
