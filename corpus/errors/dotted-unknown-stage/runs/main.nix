{ repx-lib, ... }:
{
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
  params = {
    "gne.seed" = [ 1 2 3 ];
  };
}
