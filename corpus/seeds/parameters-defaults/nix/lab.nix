{ pkgs, repx-lib, gitHash, ... }:
repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "1.0.0";
  runs = {
    defaults = repx-lib.callRun ./runs/defaults.nix [ ];
  };
}
