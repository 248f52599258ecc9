{ pkgs }:
{
  pname = "count";
  outputs = { n = "$out/n.txt"; };
  run = { outputs, ... }: ''
    echo 0 > "${outputs.n}"
  '';
}
