{ pkgs }:
{
  pname = "summarise";

  inputs = {
    numbers = "";
  };

  outputs = {
    summary = "$out/summary.txt";
  };

  resources = {
    mem = "128M";
    cpus = 1;
    time = "00:10:00";
  };

  runDependencies = [ pkgs.gawk ];

  run = { inputs, outputs, ... }: ''
    awk '{ sum += $1 } END { printf "%d %.6f\n", NR, sum / NR }' \
      "${inputs.numbers}" > "${outputs.summary}"
  '';
}
