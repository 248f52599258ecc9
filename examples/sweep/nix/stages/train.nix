{ pkgs }:
{
  pname = { params }: "train-${params.optimizer}";

  params = {
    learning_rate = 0.05;
    optimizer = "plain";
    epochs = 20;
    warmup = 0;
  };

  inputs = {
    points = "";
  };

  outputs = { params }: {
    model = "$out/model-${params.optimizer}.txt";
  };

  resources = { params }: {
    mem = "512M";
    cpus = if params.optimizer == "momentum" then 2 else 1;
    time = if params.epochs > 100 then "01:00:00" else "00:10:00";
  };

  runDependencies = [ pkgs.gawk ];

  run = { inputs, outputs, params, ... }: ''
    awk -v rate=${toString params.learning_rate} -v epochs=${toString params.epochs} \
        -v warmup=${toString params.warmup} -v optimizer=${params.optimizer} '
      { x[NR] = $1; y[NR] = $2 }
      END {
        keep = optimizer == "momentum" ? 0.9 : 0
        for (e = 1; e <= epochs; e++) {
          step = e <= warmup ? rate * e / warmup : rate
          ga = gb = 0
          for (i = 1; i <= NR; i++) {
            d = a * x[i] + b - y[i]
            ga += d * x[i] / NR
            gb += d / NR
          }
          va = keep * va - step * ga; a += va
          vb = keep * vb - step * gb; b += vb
        }
        printf "%.6f %.6f\n", a, b
      }' "${inputs.points}" > "${outputs.model}"
  '';
}
