{ ... }:
{
  name = "words";
  pipelines = [ ../pipelines/words.nix ];
  params = {
    lines = [ 100 1000 ];
    chunk = [ 20 50 ];
  };
}
