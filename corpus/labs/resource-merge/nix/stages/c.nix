{ pkgs }:
{
  pname = "c";
  inputs = { x = ""; y = ""; };
  outputs = { z = "$out/z.txt"; };
  resources = { mem = "1G"; cpus = 1; time = "02:30:00"; };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.x}" "${inputs.y}" > "${outputs.z}"
  '';
}
