{ repx }:
repx.mkPipe rec {
  first = repx.callStage ../stages/first.nix [ ];
  second = repx.callStage ../stages/second.nix [ first ];
  third = repx.callStage ../stages/third.nix [ first ];
}
