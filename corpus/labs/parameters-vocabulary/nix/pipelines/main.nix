{ repx }:
repx.mkPipe rec {
  gen = repx.callStage ../stages/gen.nix [ ];
  train = repx.callStage ../stages/train.nix [ gen ];
}
