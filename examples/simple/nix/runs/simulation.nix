{ repx-lib, ... }:
{
  name = "simulation";
  pipelines = [ ../pipelines/simulation.nix ];
  params = {
    seed = repx-lib.utils.range 1 3;
    n = [ 10 100 ];
  };
}
