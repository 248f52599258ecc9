{ ... }:
{
  name = "preprocess";
  pipelines = [ ../pipelines/preprocess.nix ];
  params = { };
}
