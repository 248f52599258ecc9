{ pkgs, repx-lib, gitHash, ... }:
let
  data = repx-lib.callRun ./runs/data-generation.nix [];
  train = repx-lib.callRun ./runs/training.nix [ data ];
  eval = repx-lib.callRun ./runs/evaluation.nix [
    [ train "hard" ]  # must complete before eval starts
    [ data "soft" ]   # eval is aware of data but doesn't receive it as input
  ];
in
repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "1.0.0";
  runs = { inherit data train eval; };
}
