# Hashes of a string, in hexadecimal.
[ (builtins.hashString "md5" "repx") (builtins.hashString "sha1" "repx") (builtins.hashString "sha256" "") (builtins.hashString "sha512" "repx") ]
