{ repx-lib, ... }:
{
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
  params = rec {
    seed = scale;
    scale = seed;
  };
}
