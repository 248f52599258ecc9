{ pkgs }:
{
  pname = "gen";
  parameters = { seed = 0; };
  outputs = { data = "$out/data.txt"; };
  run = { outputs, parameters, ... }: ''
    echo ${toString parameters.seed} > "${outputs.data}"
  '';
}
