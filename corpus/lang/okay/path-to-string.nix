# toString of a path is its text, without a copy.
[ (toString /tmp/x) (toString /.) (builtins.hasContext (toString ./x)) (baseNameOf (toString ./data/hello.txt)) ]
