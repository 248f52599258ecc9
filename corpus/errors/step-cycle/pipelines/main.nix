{ repx }:
repx.mkPipe rec {
  gen = repx.callStage ../stages/gen.nix [ ];
  spread = repx.callStage ../stages/spread.nix [ [ gen "data" "list" ] ];
  use = repx.callStage ../stages/use.nix [ spread ];
}
