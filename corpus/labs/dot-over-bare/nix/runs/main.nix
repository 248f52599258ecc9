{ ... }:
{
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
  params = {
    seed = [ 1 2 ];
    "second.seed" = [ 10 20 30 ];
    "third-stage.size" = [ 5 6 ];
  };
}
