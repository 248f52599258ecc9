# pathExists of files, directories and what isn't there.
map builtins.pathExists [ ./data/hello.txt ./data/dir ./data/nothing ./data/hello.txt/x (./data + "/dir/a.txt") (toString ./data) ]
