{ repx }:
repx.mkPipe rec {
  quick = repx.callStage ../../stages/quick.nix [ ];
}
