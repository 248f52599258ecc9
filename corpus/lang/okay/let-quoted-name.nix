# A quoted name without interpolation is an ordinary name.
let "x" = 1; "y z" = 2; ${"w"} = 3; in x + w
