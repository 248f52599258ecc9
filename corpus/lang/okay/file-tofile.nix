# toFile computes the store path from name and text.
[ (builtins.toFile "greeting.txt" "hello\n") (builtins.toFile "script" "#!/bin/sh\nexit 0\n") (builtins.toFile "empty" "") ]
