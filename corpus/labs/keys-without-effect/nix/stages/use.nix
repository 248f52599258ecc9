{ pkgs }:
{
  pname = "use";
  params = { scale = 1; };
  inputs = { data = ""; };
  outputs = { result = "$out/result.txt"; };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.data}" > "${outputs.result}"
  '';
}
