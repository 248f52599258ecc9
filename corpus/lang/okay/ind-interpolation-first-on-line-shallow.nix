# An interpolation with little indentation in front decides for all lines.
let x = "x"; in ''
      deep
  ${x} shallow
''
