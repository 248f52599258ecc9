{ pkgs }:
{
  pname = "e";
  inputs = { z = ""; };
  outputs = { z = "$out/z.txt"; };
  resources = { partition = "p3"; sbatch_opts = [ ]; cpus = 16; };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.z}" > "${outputs.z}"
  '';
}
