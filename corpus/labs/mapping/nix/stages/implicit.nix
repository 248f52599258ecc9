{ pkgs }:
{
  pname = "implicit";
  inputs = { raw = ""; stats = ""; };
  outputs = { joined = "$out/joined.txt"; };
  run = { inputs, outputs, ... }: ''
    cat "${inputs.raw}" "${inputs.stats}" > "${outputs.joined}"
  '';
}
