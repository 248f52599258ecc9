# JSON of a float is the shortest text that reads back the same.
map builtins.toJSON [ 1.5 1.0 0.1 (0.1 + 0.2) 1.0e-7 1.0e15 1.0e16 1.0e22 123456789.123 ]
