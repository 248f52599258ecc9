# hashFile hashes a file's bytes.
[ (builtins.hashFile "sha256" ./data/hello.txt == builtins.hashString "sha256" (builtins.readFile ./data/hello.txt)) (builtins.hashFile "md5" ./data/empty.txt) ]
