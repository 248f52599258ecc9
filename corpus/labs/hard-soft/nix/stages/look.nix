{ pkgs }:
{
  pname = "look";
  params = { scale = 1; };
  inputs = { store__base = ""; metadata__small = ""; metadata__big = ""; };
  outputs = { seen = "$out/seen.txt"; };
  resources = { mem = "512M"; cpus = 2; };
  run = { inputs, outputs, ... }: ''
    ls "${inputs.store__base}" > "${outputs.seen}"
  '';
}
