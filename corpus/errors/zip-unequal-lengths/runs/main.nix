{ repx-lib, ... }:
{
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
  params = {
    pairs = repx-lib.utils.zip {
      seed = [ 1 2 3 ];
      label = [ "a" "b" ];
    };
  };
}
