{ pkgs }:
{
  pname = "fit";
  params = { rate = 1.0; };
  resources = { mem = "4G"; cpus = 4; };
  inputs = {
    "metadata__data-generation" = "";
    store__base = "";
  };
  outputs = { model = "$out/model.txt"; };
  run = { inputs, outputs, params, ... }: ''
    ls "${inputs.store__base}/outputs" | wc -l > "${outputs.model}"
  '';
}
