{ pkgs }:
{
  pname = "baseline";
  outputs = {
    done = "$out/done.txt";
  };
  run = { outputs, ... }: ''
    echo baseline > "${outputs.done}"
  '';
}
