{ repx }:
repx.mkPipe {
  generate = repx.callStage ../stages/generate.nix [ ];
}
