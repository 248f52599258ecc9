{ pkgs }:
{
  pname = "one";
  params = { size = 0; };
  outputs = { data = "$out/data.txt"; };
  run = { outputs, params, ... }: ''
    echo ${toString params.size} > "${outputs.data}"
  '';
}
