{ repx }:
repx.mkPipe {
  table = repx.callStage ../stages/table.nix [ ];
}
