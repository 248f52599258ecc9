{ ... }:
{
  name = "visualize";
  pipelines = [ ../pipelines/visualize.nix ];
  params = { };
}
