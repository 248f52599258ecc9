{ pkgs }:
{
  pname = "gen";

  params = {
    seed = 1;
    n = 10;
  };

  outputs = {
    numbers = "$out/numbers.txt";
  };

  resources = {
    mem = "256M";
    cpus = 1;
    time = "00:05:00";
  };

  runDependencies = [ pkgs.gawk ];

  run = { outputs, params, ... }: ''
    awk -v seed=${toString params.seed} -v n=${toString params.n} '
      BEGIN {
        state = seed
        for (i = 0; i < n; i++) {
          state = (state * 16807) % 2147483647
          print state / 2147483647
        }
      }' > "${outputs.numbers}"
  '';
}
