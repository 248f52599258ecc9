{ repx-lib, ... }:
{
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
  params = {
    dir = repx-lib.utils.dirs ../data;
    mode = [ "count" "list" ];
  };
}
