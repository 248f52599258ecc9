{ ... }:
{
  name = "baseline";
  pipelines = [ ../pipelines/baseline.nix ];
  params = { };
}
