{ ... }:
{
  name = "evaluate";
  pipelines = [ ../pipelines/evaluate.nix ];
  params = { };
}
