{ ... }:
{
  name = "main";
  pipelines = [ ../pipelines/main.nix ];
  params = {
    flag = [ true false ];
    maybe = [ null "given" ];
    items = [ [ 1 2 ] [ ] ];
    config = [ { depth = 1; } { depth = 2; nested.deep = [ null 0.5 ]; } ];
  };
}
