{ ... }:
{
  name = "training";
  pipelines = [ ../pipelines/fit.nix ];
  params = { rate = [ 0.1 0.01 ]; };
}
