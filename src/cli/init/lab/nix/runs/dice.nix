# A run: pipelines, and the values that their parameters take, in all combinations.
{ ... }:
{
  name = "dice";
  pipelines = [ ../pipelines/dice.nix ];
  params = {
    sides = [ 6 20 ];
    seed = [ 1 2 3 ];
  };
}
