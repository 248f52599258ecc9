{ pkgs }:
{
  pname = "make-small";
  params = { seed = 0; };
  outputs = { data = "$out/data.txt"; };
  resources = { mem = "1G"; partition = "short"; };
  run = { outputs, params, ... }: ''
    echo ${toString params.seed} > "${outputs.data}"
  '';
}
