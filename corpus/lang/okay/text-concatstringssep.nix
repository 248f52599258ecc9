# concatStringsSep joins, coercing its elements.
[ (builtins.concatStringsSep ", " [ "a" "b" ]) (builtins.concatStringsSep "-" [ ]) (builtins.concatStringsSep "-" [ "x" ]) (builtins.concatStringsSep "" [ "a" "b" "c" ]) (builtins.concatStringsSep "," [ "" "" ]) (builtins.concatStringsSep "+" [ { outPath = "o"; } "p" ]) ]
