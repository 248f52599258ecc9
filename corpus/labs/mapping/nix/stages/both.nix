{ pkgs }:
{
  pname = "both";
  inputs = { result = ""; other = ""; };
  outputs = { final = "$out/final.txt"; };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.result}" "${inputs.other}" > "${outputs.final}"
  '';
}
