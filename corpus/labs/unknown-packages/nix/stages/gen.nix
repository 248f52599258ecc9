{ pkgs }:
{
  pname = "gen";
  params = { seed = 0; };
  outputs = { data = "$out/data.txt"; };
  runDependencies = [ pkgs.coreutils pkgs.frobnicator ];
  run = { outputs, params, ... }: ''
    frobnicate ${toString params.seed} > "${outputs.data}"
  '';
}
