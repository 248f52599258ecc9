# `$` before an escaped or real interpolation.
let x = "X"; in [ ''$''${x}'' ''$ ${x}'' ''$$ ${x}'' ''$$${x}'' ''\${x}'' ]
