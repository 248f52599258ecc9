# Interpolation nests, and takes any expression that gives a string.
let x = "X"; in [ "${x}" "a${x}b${x}c" "${"${"${x}"}"}" "${toString (1 + 2)}" "${if true then "t" else "f"}" "${let y = x; in y + y}" "${{ a = "in set"; }.a}" ]
