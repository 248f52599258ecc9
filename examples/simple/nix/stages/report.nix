{ pkgs }:
{
  pname = "report";

  inputs = {
    store__base = "";
    metadata__simulation = "";
  };

  outputs = {
    table = "$out/table.txt";
  };

  runDependencies = [ pkgs.coreutils pkgs.gawk pkgs.gnugrep ];

  run = { inputs, outputs, ... }: ''
    for file in "${inputs.store__base}"/outputs/*-summarise-*/out/summary.txt; do
      job=$(basename "$(dirname "$(dirname "$file")")")
      if grep -qF "$job" "${inputs.metadata__simulation}"; then
        cat "$file"
      fi
    done | sort -n > means.txt
    awk '{ jobs[$1]++; sum[$1] += $2 }
         END { for (n in jobs) printf "n=%d jobs=%d mean=%.6f\n", n, jobs[n], sum[n] / jobs[n] }' \
      means.txt | sort > "${outputs.table}"
  '';
}
