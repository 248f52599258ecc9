{ pkgs }:
{
  pname = "main";
  params = {
    config = "";
  };
  outputs = {
    copy = "$out/config.json";
  };
  run = { outputs, params, ... }: ''
    cat ${params.config} > "${outputs.copy}"
  '';
}
