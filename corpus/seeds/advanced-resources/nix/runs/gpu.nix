{ ... }:
{
  name = "gpu";
  pipelines = [ ../pipelines/gpu.nix ];
  params = { };
}
