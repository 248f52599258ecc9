{ repx }:
repx.mkPipe {
  visualize = repx.callStage ../stages/visualize.nix [ ];
}
