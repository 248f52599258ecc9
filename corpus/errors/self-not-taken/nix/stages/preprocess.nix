{ pkgs }:
{
  pname = "preprocess";
  outputs = {
    done = "$out/done.txt";
  };
  run = { outputs, ... }: ''
    echo preprocess > "${outputs.done}"
  '';
}
