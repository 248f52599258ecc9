{ pkgs }:
{
  pname = "report";
  inputs = {
    model = "";
    labels = "";
  };
  resources = {
    mem = "1G";
    cpus = 1;
  };
  outputs = {
    report = "$out/report.txt";
  };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.labels}" > "${outputs.report}"
  '';
}
