# List elements are selections, so functions and applications need parentheses.
builtins.length [ (x: x) builtins.head [ 1 ] { a = 1; }.a (builtins.head [ 1 ]) ]
