{ ... }:
{
  name = "train";
  pipelines = [ ../pipelines/train.nix ];
  params = { };
}
