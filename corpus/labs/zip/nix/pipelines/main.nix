{ repx }:
repx.mkPipe rec {
  one = repx.callStage ../stages/one.nix [ ];
  two = repx.callStage ../stages/two.nix [ one ];
  three = repx.callStage ../stages/three.nix [ ];
}
