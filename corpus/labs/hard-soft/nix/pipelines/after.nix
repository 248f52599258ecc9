{ repx }:
repx.mkPipe rec {
  look = repx.callStage ../stages/look.nix [ ];
  plot = repx.callStage ../stages/plot.nix [ look ];
  count = repx.callStage ../stages/count.nix [ ];
}
