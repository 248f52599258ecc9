{ repx }:
repx.mkPipe rec {
  gen = repx.callStage ../stages/gen.nix [ ];
  summarise = repx.callStage ../stages/summarise.nix [ gen ];
}
