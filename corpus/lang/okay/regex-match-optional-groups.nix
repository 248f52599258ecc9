# A group that took no part is null.
[ (builtins.match "(a)?(b)?" "b") (builtins.match "(a)|(b)" "a") (builtins.match "((x)|y)z" "yz") (builtins.match "v?([0-9]+)(\\.([0-9]+))?" "v12") ]
