# A string of one interpolation is that value, unstripped.
let x = "   x"; in [ ''${x}'' ''  ${x}'' ''
  ${x}
'' ]
