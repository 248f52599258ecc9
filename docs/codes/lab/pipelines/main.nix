{ repx }:
repx.mkPipe rec {
  gen = repx.callStage ../stages/gen.nix [ ];
  use = repx.callStage ../stages/use.nix [ gen ];
}
