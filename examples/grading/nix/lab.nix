{ pkgs, repx-lib, gitHash, ... }:
let
  grading = repx-lib.callRun ./runs/grading.nix [ ];
  results = repx-lib.callRun ./runs/results.nix [ grading ];
in
repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "1.0.0";
  runs = { inherit grading results; };
}
