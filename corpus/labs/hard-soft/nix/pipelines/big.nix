{ repx }:
repx.mkPipe rec {
  make = repx.callStage ../stages/make-big.nix [ ];
}
