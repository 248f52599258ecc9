{ ... }:
{
  name = "main";
  pipelines = [ ../pipelines/left.nix ../pipelines/right.nix ];
  params = {
    seed = [ 1 2 ];
    side = [ 3 4 5 ];
  };
}
