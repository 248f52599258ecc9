{ pkgs }:
{
  pname = "visualize";
  outputs = {
    done = "$out/done.txt";
  };
  run = { outputs, ... }: ''
    echo visualize > "${outputs.done}"
  '';
}
