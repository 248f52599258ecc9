{ ... }:
{
  name = "results";
  pipelines = [ ../pipelines/table.nix ];
  params = { };
}
