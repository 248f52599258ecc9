{ repx-lib, ... }:
{
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
  params = {
    seed = [ 1 2 3 ];
  };
}
