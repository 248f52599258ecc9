{ pkgs }:
{
  pname = "once";
  params.seed = 0;
  outputs.text = "$out/text.txt";
  runDependencies = [ pkgs.greeter ];
  run = { outputs, params, pkgs, ... }: ''
    for i in ${toString params.seed}; do ${pkgs.greeter}/bin/greet; done > "${outputs.text}"
  '';
}
