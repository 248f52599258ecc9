{ repx }:
repx.mkPipe rec {
  parallel = repx.callStage ../stages/parallel-processing.nix [ ];
}
