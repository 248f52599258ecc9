{ ... }:
{
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
  parameters = {
    mode = [ "fast" "slow" ];
    seed = [ 1 2 ];
  };
}
