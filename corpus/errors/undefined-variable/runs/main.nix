{ repx-lib, ... }:
let
  seeds = [ 1 2 3 ];
in
{
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
  params = {
    seed = seeeds;
  };
}
