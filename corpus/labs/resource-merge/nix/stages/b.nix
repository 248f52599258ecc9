{ pkgs }:
{
  pname = "b";
  outputs = { y = "$out/y.txt"; };
  resources = { mem = "2G"; time = "10000"; sbatch_opts = [ "--exclusive" ]; };
  run = { outputs, ... }: ''
    echo b > "${outputs.y}"
  '';
}
