{ pkgs }:
{
  pname = "plot";
  inputs = { seen = ""; };
  outputs = { plot = "$out/plot.txt"; };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.seen}" > "${outputs.plot}"
  '';
}
