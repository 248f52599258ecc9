{ ... }:
{
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
  params = { };
}
