# Folds and closures over long lists need no calls within calls.
builtins.length (builtins.genericClosure { startSet = [ { key = 0; } ]; operator = { key }: if key == 20000 then [ ] else [ { key = key + 1; } ]; })
