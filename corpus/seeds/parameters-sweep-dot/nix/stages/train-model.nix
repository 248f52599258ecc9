{ pkgs }:
{
  pname = "train-model";
  
  params = {
    learning_rate = 0.01;
    batch_size = 32;
    optimizer = "adam";
  };
  
  run = { params, ... }: ''
    # Parameters are available in the params object
    python3 train.py \
      --lr ${toString params.learning_rate} \
      --batch ${toString params.batch_size} \
      --opt "${params.optimizer}"
  '';
}
