{ repx }:
repx.mkPipe {
  baseline = repx.callStage ../stages/baseline.nix [ ];
}
