{ pkgs }:
{
  pname = "use";
  inputs = {
    numbers = "";
  };
  outputs = {
    result = "$out/result.txt";
  };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.numbers}" > "${outputs.result}"
  '';
}
