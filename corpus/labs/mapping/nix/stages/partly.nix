{ pkgs }:
{
  pname = "partly";
  inputs = { raw = ""; config = "default.cfg"; };
  outputs = { out = "$out/out.txt"; };
  run = { inputs, outputs, ... }: ''
    echo "${inputs.config}" "${inputs.raw}" > "${outputs.out}"
  '';
}
