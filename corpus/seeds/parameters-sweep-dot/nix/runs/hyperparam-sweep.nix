{ repx-lib, ... }:
repx-lib.mkRun {
  name = "hyperparam-sweep";
  pipelines = [ ./pipe-train.nix ];
  
  params = {
    # Target the 'learning_rate' parameter of the 'train-model' stage
    "train-model.learning_rate" = [ 0.1 0.01 0.001 ];
    
    # Target the 'optimizer' parameter
    "train-model.optimizer" = [ "adam" "sgd" ];
  };
}
