{ pkgs }:
{
  pname = "sum";
  inputs = { result = ""; };
  outputs = { sum = "$out/sum.txt"; };
  run = { inputs, outputs, ... }: ''
    wc -l < "${inputs.result}" > "${outputs.sum}"
  '';
}
