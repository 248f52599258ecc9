{ pkgs }:
{
  pname = "evaluate";
  outputs = {
    done = "$out/done.txt";
  };
  run = { outputs, ... }: ''
    echo evaluate > "${outputs.done}"
  '';
}
