{ repx }:
repx.mkPipe rec {
  grade = repx.callStage ../../stages/grade.nix [ ];
}
