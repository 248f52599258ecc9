{ ... }:
{
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
  params = {
    seed = [ 1 2 ];
    "third.size" = [ 1 2 ];
    "third-stage.size" = [ 5 6 ];
  };
}
