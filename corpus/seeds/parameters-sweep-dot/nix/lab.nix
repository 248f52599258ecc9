{ pkgs, repx-lib, gitHash, ... }:
repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "1.0.0";
  runs = {
    sweep = repx-lib.callRun ./runs/hyperparam-sweep.nix [ ];
  };
}
