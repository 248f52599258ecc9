{ pkgs }:
{
  pname = "main";
  params = {
    seed = 0;
    model = "none";
  };
  outputs = {
    result = "$out/result.txt";
  };
  run = { outputs, params, ... }: ''
    echo ${params.model} ${toString params.seed} > "${outputs.result}"
  '';
}
