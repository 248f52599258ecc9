{ repx-lib, ... }:
{
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
  params = {
    seed = repx-lib.utils.range 1 40;
    mode = [ "fast" "slow" ];
    scale = repx-lib.utils.range 1 40;
  };
}
