{ pkgs }:
{
  pname = "producer";
  params = { seed = 0; };
  outputs = { raw = "$out/raw.txt"; stats = "$out/stats.txt"; log = "$out/log.txt"; };
  run = { outputs, params, ... }: ''
    echo ${toString params.seed} | tee "${outputs.raw}" "${outputs.stats}" > "${outputs.log}"
  '';
}
