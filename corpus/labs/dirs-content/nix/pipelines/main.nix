{ repx }:
repx.mkPipe rec {
  scan = repx.callStage ../stages/scan.nix [ ];
  sum = repx.callStage ../stages/sum.nix [ scan ];
}
