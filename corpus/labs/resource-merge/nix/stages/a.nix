{ pkgs }:
{
  pname = "a";
  outputs = { x = "$out/x.txt"; };
  resources = { mem = "512M"; cpus = 2; time = "95:00"; partition = "p1"; };
  run = { outputs, ... }: ''
    echo a > "${outputs.x}"
  '';
}
