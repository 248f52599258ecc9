{ pkgs }:
{
  pname = "labels";
  resources = {
    mem = "65536M";
    partition = "cpu";
  };
  outputs = {
    labels = "$out/labels.txt";
  };
  run = { outputs, ... }: ''
    echo cat dog > "${outputs.labels}"
  '';
}
