{ pkgs }:
{
  pname = "three";
  params = { label = ""; mode = ""; };
  outputs = { text = "$out/text.txt"; };
  run = { outputs, params, ... }: ''
    echo ${params.label} ${params.mode} > "${outputs.text}"
  '';
}
