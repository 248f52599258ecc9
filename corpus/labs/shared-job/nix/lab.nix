{ pkgs, repx-lib, gitHash, ... }:
let
  one = repx-lib.callRun ./runs/one.nix [ ];
  two = repx-lib.callRun ./runs/two.nix [ ];
in
repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "1.0.0";
  runs = { inherit one two; };
}
