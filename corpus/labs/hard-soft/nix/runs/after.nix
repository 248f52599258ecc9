{ ... }:
{
  name = "after";
  pipelines = [ ../pipelines/after.nix ];
  params = {
    scale = [ 1 2 ];
  };
}
