{ ... }:
{
  name = "other";
  pipelines = [ ../pipelines/main.nix ];
  params = { };
}
