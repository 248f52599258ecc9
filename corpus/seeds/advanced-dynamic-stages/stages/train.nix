# stages/train.nix
{ pkgs }:
{
  pname = { params }: "train-${params.model}";

  params = {
    model = "resnet";
    epochs = 100;
  };

  inputs = { params }: {
    "data" = "input.csv";
  } // (if params.model == "pretrained" then {
    "pretrained_weights" = "weights.bin";
  } else {});

  outputs = { params }: {
    "model" = "$out/model-${params.model}.pt";
    "metrics" = "$out/metrics.csv";
  };

  resources = { params }: {
    mem = if params.model == "large" then "64G" else "8G";
    cpus = if params.model == "large" then 8 else 4;
    time = if params.epochs > 500 then "24:00:00" else "04:00:00";
  };

  runDependencies = [ pkgs.python3 ];

  run = { inputs, outputs, params, ... }: ''
    python3 train.py \
      --model ${params.model} \
      --epochs ${toString params.epochs} \
      --output "${outputs.model}"
  '';
}
