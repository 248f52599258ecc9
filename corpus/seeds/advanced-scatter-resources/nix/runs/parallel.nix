{ ... }:
{
  name = "parallel";
  pipelines = [ ../pipelines/parallel.nix ];
  params = { };
}
