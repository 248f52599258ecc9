# nix/lab.nix
{ pkgs, repx-lib, self, ... }:
let
  preprocess = repx-lib.callRun ./runs/preprocess.nix [];
  train      = repx-lib.callRun ./runs/train.nix [ preprocess ];
  evaluate   = repx-lib.callRun ./runs/evaluate.nix [ train ];
  visualize  = repx-lib.callRun ./runs/visualize.nix [ evaluate ];
  baseline   = repx-lib.callRun ./runs/baseline.nix [ preprocess ];
in
repx-lib.mkLab {
  inherit pkgs repx-lib;
  gitHash = self.rev or self.dirtyRev or "unknown";
  lab_version = "1.0.0";
  runs = { inherit preprocess train evaluate visualize baseline; };
  groups = {
    ml-pipeline = [ preprocess train evaluate ];
    reporting = [ visualize ];
    baselines = [ baseline ];
  };
}
