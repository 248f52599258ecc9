{ pkgs, repx-lib, gitHash, ... }:
let
  simulation = repx-lib.callRun ./runs/simulation.nix [ ];
  analysis = repx-lib.callRun ./runs/analysis.nix [ [ simulation "hard" ] ];
in
repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "1.0.0";
  runs = { inherit simulation analysis; };
  groups = {
    everything = [ simulation analysis ];
  };
}
