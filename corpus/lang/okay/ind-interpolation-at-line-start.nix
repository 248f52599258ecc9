# An interpolation counts as text: it ends the indentation, and its value isn't stripped.
let x = "  X\n  Y"; in ''
    ${x}
      a
    b
''
