{ ... }:
{
  name = "data-generation";
  pipelines = [ ../pipelines/generate.nix ];
  params = { seed = [ 1 2 ]; };
}
