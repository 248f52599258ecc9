{ pkgs }:
{
  pname = "gpu-training";

  resources = {
    mem = "32G";
    cpus = 8;
    time = "12:00:00";
    partition = "gpu";
    sbatch_opts = [ "--gres=gpu:2" "--constraint=a100" ];
  };

  runDependencies = [ pkgs.python3 pkgs.cudatoolkit ];

  run = { outputs, params, ... }: ''
    python3 train_gpu.py --output "${outputs.model}"
  '';

  outputs = { "model" = "$out/model.pt"; };
}
