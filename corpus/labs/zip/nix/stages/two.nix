{ pkgs }:
{
  pname = "two";
  params = { size = 0; label = ""; };
  inputs = { data = ""; };
  outputs = { text = "$out/text.txt"; };
  run = { outputs, params, ... }: ''
    echo ${params.label} > "${outputs.text}"
  '';
}
