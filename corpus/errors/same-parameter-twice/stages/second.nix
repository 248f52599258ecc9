{ pkgs }:
{
  pname = "second";
  params = { seed = 0; };
  inputs = { data = ""; };
  outputs = { sum = "$out/sum.txt"; };
  run = { outputs, params, ... }: ''
    echo ${toString params.seed} > "${outputs.sum}"
  '';
}
