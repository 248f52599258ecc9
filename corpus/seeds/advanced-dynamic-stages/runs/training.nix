{ ... }:
{
  name = "training";
  pipelines = [ ../pipelines/train.nix ];
  params = {
    model = [ "resnet" "pretrained" "large" ];
    epochs = [ 100 1000 ];
  };
}
