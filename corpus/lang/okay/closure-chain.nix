# genericClosure follows operator from startSet, each key once, in breadth-first order.
map (x: x.key) (builtins.genericClosure { startSet = [ { key = 1; } ]; operator = { key }: if key > 20 then [ ] else [ { key = key * 2; } { key = key * 2 + 1; } ]; })
