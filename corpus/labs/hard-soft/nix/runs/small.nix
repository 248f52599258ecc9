{ ... }:
{
  name = "small";
  pipelines = [ ../pipelines/small.nix ];
  params = {
    seed = [ 1 2 ];
  };
}
