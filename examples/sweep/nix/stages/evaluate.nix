{ pkgs }:
{
  pname = "evaluate";

  params = {
    threshold = 0.1;
  };

  inputs = {
    points = "";
    fitted = "";
  };

  outputs = {
    score = "$out/score.txt";
  };

  runDependencies = [ pkgs.gawk ];

  run = { inputs, outputs, params, ... }: ''
    awk -v threshold=${toString params.threshold} '
      FNR == NR { a = $1; b = $2; next }
      { d = a * $1 + b - $2; sum += d * d; n++ }
      END { error = sum / n; printf "%.6f %s\n", error, (error < threshold ? "good" : "poor") }' \
      "${inputs.fitted}" "${inputs.points}" > "${outputs.score}"
  '';
}
