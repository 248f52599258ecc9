# removeAttrs ignores names that aren't there.
[ (builtins.removeAttrs { a = 1; b = 2; c = 3; } [ "a" "c" "x" ]) (removeAttrs { a = 1; } [ ]) (removeAttrs { } [ "q" ]) ]
