{ pkgs }:
{
  pname = "g";
  inputs = { x = ""; };
  outputs = { z = "$out/z.txt"; };
  resources = { mem = "100000000"; };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.x}" > "${outputs.z}"
  '';
}
