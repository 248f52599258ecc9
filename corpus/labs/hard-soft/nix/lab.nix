{ pkgs, repx-lib, gitHash, ... }:
let
  small = repx-lib.callRun ./runs/small.nix [ ];
  big = repx-lib.callRun ./runs/big.nix [ ];
  after = repx-lib.callRun ./runs/after.nix [ [ small "hard" ] [ big "soft" ] ];
in
repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "1.0.0";
  runs = { inherit small big after; };
}
