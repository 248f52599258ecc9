{ ... }:
{
  name = "two";
  pipelines = [ ../pipelines/main.nix ];
  params = {
    seed = [ 2 3 4 ];
    scale = [ 1 10 ];
  };
}
