{ ... }:
{
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
  params = {
    seed = [ 1 2 ];
    parts = [ 2 3 4 ];
  };
}
