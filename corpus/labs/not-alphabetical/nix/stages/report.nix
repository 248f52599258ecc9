{ pkgs }:
{
  pname = "report";
  inputs = { model = ""; };
  outputs = { report = "$out/report.txt"; };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.model}" > "${outputs.report}"
  '';
}
