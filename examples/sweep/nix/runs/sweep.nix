{ repx-lib, ... }:
let
  inherit (repx-lib) utils;
in
{
  name = "sweep";
  pipelines = [ ../pipelines/fit.nix ];
  params = {
    seed = utils.range 1 3;
    "train.learning_rate" = [ 0.1 0.01 ];
    optimizer = utils.list [ "plain" "momentum" ];
    schedule = utils.zip {
      epochs = [ 10 50 200 ];
      warmup = [ 0 5 20 ];
    };
  };
}
