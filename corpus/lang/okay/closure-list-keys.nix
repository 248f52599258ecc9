# Keys may be lists; the first element with a key is the one that stays.
builtins.genericClosure { startSet = [ { key = [ 1 "x" ]; from = "start"; } ]; operator = x: [ { key = [ 1 "x" ]; from = "later"; } ]; }
