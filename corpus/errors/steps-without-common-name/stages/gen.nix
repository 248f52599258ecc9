{ pkgs }:
{
  pname = "gen";
  params = { seed = 0; };
  outputs = { data = "$out/data.txt"; };
  resources = { mem = "1G"; };
  run = { outputs, params, ... }: ''
    echo ${toString params.seed} > "${outputs.data}"
  '';
}
