{ pkgs }:
{
  pname = "grade";
  params = {
    submission = "";
  };
  outputs = {
    grade = "$out/grade.txt";
  };
  run = { outputs, params, ... }: ''
    wc -l < ${params.submission}/main.py > "${outputs.grade}"
  '';
}
