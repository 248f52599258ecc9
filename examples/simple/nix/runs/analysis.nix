{ ... }:
{
  name = "analysis";
  pipelines = [ ../pipelines/analysis.nix ];
  params = { };
}
