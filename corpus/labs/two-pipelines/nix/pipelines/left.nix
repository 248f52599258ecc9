{ repx }:
repx.mkPipe rec {
  gen = repx.callStage ../stages/gen.nix [ ];
  left = repx.callStage ../stages/left.nix [ gen ];
}
