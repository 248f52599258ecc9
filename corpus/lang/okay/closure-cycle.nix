# A cycle ends.
map (x: x.key) (builtins.genericClosure { startSet = [ { key = "a"; } { key = "c"; } ]; operator = x: [ { key = if x.key == "a" then "b" else "a"; } ]; })
