{ pkgs }:
{
  pname = "score";
  resources = { cpus = 1; time = "00:10:00"; };
  inputs = {
    metadata__training = "";
    "metadata__data-generation" = "";
    store__base = "";
  };
  outputs = { score = "$out/score.txt"; };
  run = { inputs, outputs, ... }: ''
    ls "${inputs.store__base}/outputs" | wc -l > "${outputs.score}"
  '';
}
