{ repx }:
repx.mkPipe {
  evaluate = repx.callStage ../stages/evaluate.nix [ ];
}
