{ pkgs }:
{
  pname = { parameters }: "train-${parameters.mode}";
  parameters = { mode = "none"; };
  inputs = { data = ""; };
  outputs = { parameters }: { model = "$out/${parameters.mode}.txt"; };
  resources = { parameters }: { cpus = if parameters.mode == "slow" then 4 else 1; };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.data}" > "${outputs.model}"
  '';
}
