{ pkgs }:
{
  pname = "scan";
  params = { dir = ""; mode = "count"; };
  outputs = { result = "$out/result.txt"; };
  run = { outputs, params, ... }: ''
    ls ${params.dir} > "${outputs.result}"
  '';
}
