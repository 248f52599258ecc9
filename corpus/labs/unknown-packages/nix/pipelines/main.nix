{ repx }:
repx.mkPipe rec {
  gen = repx.callStage ../stages/gen.nix [ ];
  spread = repx.callStage ../stages/spread.nix [ gen ];
}
