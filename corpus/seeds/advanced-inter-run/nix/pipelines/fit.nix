{ repx }:
repx.mkPipe {
  fit = repx.callStage ../stages/fit.nix [ ];
}
