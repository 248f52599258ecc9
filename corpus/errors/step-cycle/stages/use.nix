{ pkgs }:
{
  pname = "use";
  inputs = { total = ""; };
  outputs = { result = "$out/result.txt"; };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.total}" > "${outputs.result}"
  '';
}
