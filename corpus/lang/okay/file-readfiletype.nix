# readFileType of one path.
[ (builtins.readFileType ./data/dir) (builtins.readFileType ./data/hello.txt) ]
