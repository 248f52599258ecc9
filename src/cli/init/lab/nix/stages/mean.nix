# Its input has the name of an output of the stage that it reads from.
{ pkgs }:
{
  pname = "mean";
  inputs = { rolls = ""; };
  outputs = { mean = "$out/mean.txt"; };
  runDependencies = [ pkgs.gawk ];
  run = { inputs, outputs, ... }: ''
    awk '{ sum += $1 } END { printf "%.2f\n", sum / NR }' ${inputs.rolls} > "${outputs.mean}"
  '';
}
