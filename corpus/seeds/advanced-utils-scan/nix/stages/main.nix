{ pkgs }:
{
  pname = "main";
  params = {
    dataset = "";
    experiment = "";
  };
  outputs = {
    lines = "$out/lines.txt";
  };
  run = { outputs, params, ... }: ''
    cat ${params.dataset} ${params.experiment}/setup.txt | wc -l > "${outputs.lines}"
  '';
}
