{ pkgs }:
{
  pname = "make-big";
  params = { seed = 0; };
  outputs = { data = "$out/data.txt"; };
  resources = { mem = "64G"; time = "48:00:00"; partition = "long"; };
  run = { outputs, params, ... }: ''
    echo ${toString params.seed} > "${outputs.data}"
  '';
}
