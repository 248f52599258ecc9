{ pkgs }:
{
  pname = "f";
  inputs = { x = ""; y = ""; };
  outputs = { z = "$out/z.txt"; };
  resources = { mem = "3000000K"; time = "1:00:00"; partition = "own"; };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.x}" "${inputs.y}" > "${outputs.z}"
  '';
}
