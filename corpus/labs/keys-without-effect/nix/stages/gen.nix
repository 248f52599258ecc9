{ pkgs }:
{
  pname = "gen";
  params = { seed = 0; size = 1; };
  outputs = { data = "$out/data.txt"; };
  run = { outputs, params, ... }: ''
    seq ${toString params.size} > "${outputs.data}"
  '';
}
