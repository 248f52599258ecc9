# builtins.path names the copy, and may filter it.
[ (builtins.path { path = ./data/dir; name = "renamed"; }) (builtins.path { path = ./data/dir; name = "only-txt"; filter = p: t: t == "directory" || builtins.match ".*\\.txt" p != null; }) (builtins.path { path = ./data/hello.txt; }) (builtins.path { path = ./data/hello.txt; recursive = false; name = "flat"; }) ]
