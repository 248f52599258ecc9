# readDir names the entries with their types.
[ (builtins.readDir ./data/dir) (builtins.attrNames (builtins.readDir (toString ./data/dir/sub))) ]
