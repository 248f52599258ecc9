{ pkgs }:
{
  pname = "grade";

  params = {
    submission = "";
    mode = "strict";
  };

  outputs = {
    grade = "$out/grade.txt";
  };

  runDependencies = [ pkgs.coreutils pkgs.gawk ];

  run = { outputs, params, ... }: ''
    student=$(basename ${params.submission})
    awk -v student="$student" -v mode=${params.mode} '
      { given = $0; if (mode == "lenient") given = tolower(given) }
      given == "the answer is 42" { points++ }
      END { printf "%s %s %d/1\n", student, mode, (points > 0) }' \
      ${params.submission}/answer.txt > "${outputs.grade}"
  '';
}
