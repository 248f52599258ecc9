# An interpolation right before the closing quotes.
let x = "end"; in ''
  a
  ${x}''
