{ pkgs }:
{
  pname = "quick";
  params = { seed = 0; };
  outputs = { value = "$out/value.txt"; };
  run = { outputs, params, ... }: ''
    echo ${toString params.seed} > "${outputs.value}"
  '';
}
