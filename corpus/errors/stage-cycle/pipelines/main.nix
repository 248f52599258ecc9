{ repx }:
repx.mkPipe rec {
  gen = repx.callStage ../stages/gen.nix [ use ];
  use = repx.callStage ../stages/use.nix [ gen ];
}
