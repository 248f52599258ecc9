{ pkgs }:
{
  pname = "twice";
  inputs = { left = ""; right = ""; };
  outputs = { sum = "$out/sum.txt"; };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.left}" "${inputs.right}" > "${outputs.sum}"
  '';
}
