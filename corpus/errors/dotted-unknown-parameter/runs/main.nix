{ repx-lib, ... }:
{
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
  params = {
    "gen.sede" = [ 1 2 3 ];
  };
}
