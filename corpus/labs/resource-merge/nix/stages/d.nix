{ pkgs }:
{
  pname = "d";
  inputs = { z = ""; };
  outputs = { z = "$out/z.txt"; };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.z}" > "${outputs.z}"
  '';
}
