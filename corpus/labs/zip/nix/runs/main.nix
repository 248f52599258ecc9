{ repx-lib, ... }:
{
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
  params = {
    pairs = repx-lib.utils.zip {
      size = [ 1 1 2 ];
      label = repx-lib.utils.list [ "s" "t" "u" ];
    };
    mode = [ "x" "y" ];
  };
}
