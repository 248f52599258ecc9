{ pkgs }:
{
  pname = "data";

  params = {
    seed = 1;
    size = 50;
  };

  outputs = {
    points = "$out/points.txt";
  };

  runDependencies = [ pkgs.gawk ];

  run = { outputs, params, ... }: ''
    awk -v seed=${toString params.seed} -v size=${toString params.size} '
      BEGIN {
        state = seed
        for (i = 0; i < size; i++) {
          state = (state * 16807) % 2147483647
          x = i / size
          print x, 3 * x + 1 + (state / 2147483647 - 0.5) / 5
        }
      }' > "${outputs.points}"
  '';
}
