{ repx }:
repx.mkPipe rec {
  show = repx.callStage ../stages/show.nix [ ];
}
