{ repx-lib, ... }:
{
  name = "main";
  containerised = false;
  pipelines = [ ../pipelines/main.nix ];
  params = {
    seed = [ 1 2 3 ];
  };
}
