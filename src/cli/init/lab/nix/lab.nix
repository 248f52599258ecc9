# The lab: its runs, and which of them come after others.
{ pkgs, repx-lib, gitHash, ... }:
let
  dice = repx-lib.callRun ./runs/dice.nix [ ];
in
repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "0.1.0";
  runs = { inherit dice; };
}
