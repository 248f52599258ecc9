{ repx }:
repx.mkPipe {
  report = repx.callStage ../stages/report.nix [ ];
}
