{ repx }:
repx.mkPipe {
  score = repx.callStage ../stages/score.nix [ ];
}
