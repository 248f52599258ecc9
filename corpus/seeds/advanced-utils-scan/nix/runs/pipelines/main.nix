{ repx }:
repx.mkPipe rec {
  main = repx.callStage ../../stages/main.nix [ ];
}
