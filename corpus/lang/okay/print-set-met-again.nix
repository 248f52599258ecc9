# A set met again is not printed twice, by whatever name.
let limits = { mem = 4; }; in [ limits limits { inherit limits; } ]
