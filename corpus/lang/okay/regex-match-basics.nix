# match must cover the whole string and answers its groups, or null.
[ (builtins.match "ab" "ab") (builtins.match "a" "ab") (builtins.match "(a)(b)" "ab") (builtins.match "a*" "") (builtins.match "" "") (builtins.match ".*" "any") ]
