{ repx }:
repx.mkPipe rec {
  source = repx.callStage ../stages/gen.nix [ ];
  right = repx.callStage ../stages/right.nix [ source ];
}
