# An element without key.
builtins.genericClosure { startSet = [ { k = 1; } ]; operator = x: [ ]; }
