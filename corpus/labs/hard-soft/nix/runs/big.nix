{ ... }:
{
  name = "big";
  pipelines = [ ../pipelines/big.nix ];
  params = {
    seed = [ 1 2 3 ];
  };
}
