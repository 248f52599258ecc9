# readFile gives the bytes of a file.
[ (builtins.readFile ./data/hello.txt) (builtins.readFile ./data/empty.txt) (builtins.readFile (./data + "/dir/a.txt")) (builtins.stringLength (builtins.readFile ./data/utf8.txt)) ]
