{ repx-lib, ... }:
{
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
  params = {
    epochs = [ 1 2 3 ];
    seed = [ 1 2 ];
    size = [ 5 6 ];
    "gen.size" = [ 7 8 9 ];
    pair = repx-lib.utils.zip { scale = [ 1 2 ]; sclae = [ 3 4 ]; };
  };
}
