{ pkgs }:
{
  pname = "generate";
  params = { seed = 0; };
  resources = { mem = "8G"; };
  outputs = { data = "$out/data.txt"; };
  run = { outputs, params, ... }: ''
    echo ${toString params.seed} > "${outputs.data}"
  '';
}
