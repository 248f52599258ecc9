{ pkgs }:
{
  pname = "third-stage";
  params = { size = 1; };
  inputs = { data = ""; };
  outputs = { sum = "$out/sum.txt"; };
  run = { outputs, params, ... }: ''
    echo ${toString params.size} > "${outputs.sum}"
  '';
}
