{ ... }:
{
  name = "evaluation";
  pipelines = [ ../pipelines/score.nix ];
  params = { };
}
