{ repx }:
repx.mkPipe rec {
  train = repx.callStage ../stages/train.nix [ ];
}
