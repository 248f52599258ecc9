{ pkgs }:
{
  pname = "top";

  inputs = {
    words = "";
  };

  outputs = {
    top = "$out/top.txt";
  };

  runDependencies = [ pkgs.coreutils pkgs.gnused ];

  run = { inputs, outputs, ... }: ''
    sort -k 2,2nr -k 1,1 "${inputs.words}" | sed 3q > "${outputs.top}"
  '';
}
