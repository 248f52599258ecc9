{ repx }:
{
  name = "greet";
  pipelines = [
    ({ repx }: repx.mkPipe rec {
      once = repx.callStage ./stages/once.nix [ ];
      plain = repx.callStage ./stages/plain.nix [ once ];
    })
  ];
  params.seed = [ 1 2 ];
}
