{ pkgs, repx-lib, gitHash, ... }:
let
  main = repx-lib.callRun ./runs/main.nix [ ];
  other = repx-lib.callRun ./runs/other.nix [ [ main "weak" ] ];
in
repx-lib.mkLab {
  inherit pkgs repx-lib gitHash;
  lab_version = "1.0.0";
  runs = { inherit main other; };
}
