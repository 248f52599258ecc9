{ pkgs }:
{
  pname = "table";

  inputs = {
    store__base = "";
    metadata__grading = "";
  };

  outputs = {
    table = "$out/table.txt";
  };

  runDependencies = [ pkgs.coreutils pkgs.gnugrep ];

  run = { inputs, outputs, ... }: ''
    for file in "${inputs.store__base}"/outputs/*-grade-*/out/grade.txt; do
      job=$(basename "$(dirname "$(dirname "$file")")")
      if grep -qF "$job" "${inputs.metadata__grading}"; then
        cat "$file"
      fi
    done | sort > "${outputs.table}"
  '';
}
