{ pkgs }:
{
  pname = "gen";
  params = {
    seed = 0;
  };
  inputs = {
    result = "";
  };
  outputs = {
    data = "$out/data.txt";
  };
  resources = {
    mem = "1G";
    cpus = 1;
  };
  runDependencies = [ pkgs.coreutils ];
  run = { outputs, params, ... }: ''
    echo ${toString params.seed} > "${outputs.data}"
  '';
}
