{ pkgs }:
{
  pname = "use";
  inputs = {
    data = "";
  };
  outputs = {
    result = "$out/result.txt";
  };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.data}" > "${outputs.result}"
  '';
}
