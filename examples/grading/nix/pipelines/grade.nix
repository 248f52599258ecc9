{ repx }:
repx.mkPipe {
  grade = repx.callStage ../stages/grade.nix [ ];
}
