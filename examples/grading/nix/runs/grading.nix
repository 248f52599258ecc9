{ repx-lib, ... }:
{
  name = "grading";
  pipelines = [ ../pipelines/grade.nix ];
  params = {
    submission = repx-lib.utils.dirs ../submissions;
    mode = [ "strict" "lenient" ];
  };
}
