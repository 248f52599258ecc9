{ pkgs }:
{
  pname = "renamed";
  inputs = { input = ""; stats = ""; };
  outputs = { result = "$out/result.txt"; };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.input}" "${inputs.stats}" > "${outputs.result}"
  '';
}
