{ pkgs }:
{
  pname = "use";
  inputs = {
    data = "";
    extra = "";
  };
  outputs = {
    result = "$out/result.txt";
  };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.data}" > "${outputs.result}"
  '';
}
