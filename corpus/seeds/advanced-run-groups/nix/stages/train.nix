{ pkgs }:
{
  pname = "train";
  outputs = {
    done = "$out/done.txt";
  };
  run = { outputs, ... }: ''
    echo train > "${outputs.done}"
  '';
}
