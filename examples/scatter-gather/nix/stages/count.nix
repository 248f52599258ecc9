{ pkgs }:
{
  pname = "count";

  params = {
    chunk = 50;
  };

  scatter = {
    inputs = {
      text = "";
    };
    outputs = {
      worker__arg = {
        first = 1;
        last = 50;
      };
      work__items = "$out/work_items.json";
    };
    resources = {
      mem = "128M";
      cpus = 1;
      time = "00:01:00";
    };
    runDependencies = [ pkgs.gawk ];
    run = { inputs, outputs, params, ... }: ''
      awk -v chunk=${toString params.chunk} '
        END {
          printf "["
          for (first = 1; first <= NR; first += chunk) {
            last = first + chunk - 1
            printf "%s{\"first\": %d, \"last\": %d}", (first > 1 ? ", " : ""), first, (last < NR ? last : NR)
          }
          print "]"
        }' "${inputs.text}" > "${outputs.work__items}"
    '';
  };

  worker = {
    inputs = {
      worker__item = "";
      text = "";
    };
    outputs = {
      partial = "$out/partial.txt";
    };
    resources = {
      mem = "256M";
      cpus = 1;
      time = "00:05:00";
    };
    runDependencies = [ pkgs.coreutils pkgs.gawk pkgs.gnugrep pkgs.gnused ];
    run = { inputs, outputs, ... }: ''
      first=$(grep -o '"first": *[0-9]*' "${inputs.worker__item}" | grep -o '[0-9]*$')
      last=$(grep -o '"last": *[0-9]*' "${inputs.worker__item}" | grep -o '[0-9]*$')
      sed -n "$first,''${last}p" "${inputs.text}" |
        awk '{ for (i = 1; i <= NF; i++) n[$i]++ } END { for (w in n) print w, n[w] }' |
        sort > "${outputs.partial}"
    '';
  };

  gather = {
    inputs = {
      worker__outs = "[]";
    };
    outputs = {
      counts = "$out/counts.txt";
    };
    resources = {
      mem = "128M";
      cpus = 1;
      time = "00:02:00";
    };
    runDependencies = [ pkgs.coreutils pkgs.gawk pkgs.gnugrep ];
    run = { inputs, outputs, ... }: ''
      grep -o '"partial": *"[^"]*"' "${inputs.worker__outs}" | cut -d '"' -f 4 |
        while IFS= read -r file; do
          cat "$file"
        done |
        awk '{ n[$1] += $2 } END { for (w in n) print w, n[w] }' |
        sort > "${outputs.counts}"
    '';
  };
}
