{ pkgs }:
{
  pname = "first";
  params = { seed = 0; size = 1; };
  outputs = { data = "$out/data.txt"; };
  run = { outputs, params, ... }: ''
    echo ${toString params.seed} > "${outputs.data}"
  '';
}
