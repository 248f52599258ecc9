{ repx }:
repx.mkPipe {
  preprocess = repx.callStage ../stages/preprocess.nix [ ];
}
