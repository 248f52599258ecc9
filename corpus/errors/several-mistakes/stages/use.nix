{ pkgs }:
{
  pname = "use";
  inputs = {
    data = "";
  };
  version_ = "2";
  outputs = {
    result = "$out/result.txt";
  };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.data}" > "${outputs.result}"
  '';
}
