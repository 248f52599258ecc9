# A shell script as labs write them.
let n = 3; file = "$out/data.txt"; in ''
  for i in $(seq 1 ${toString n}); do
    echo "item $i of ''${TOTAL:-${toString n}}" >> "${file}"
  done

  awk '{ s += $1 } END { print s }' "${file}"
''
