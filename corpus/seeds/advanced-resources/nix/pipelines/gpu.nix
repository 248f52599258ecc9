{ repx }:
repx.mkPipe rec {
  gpu_training = repx.callStage ../stages/gpu-training.nix [ ];
  labels = repx.callStage ../stages/labels.nix [ ];
  report = repx.callStage ../stages/report.nix [ gpu_training labels ];
}
