{ ... }:
{
  name = "one";
  pipelines = [ ../pipelines/main.nix ];
  params = {
    seed = [ 1 2 3 ];
  };
}
