# Builtins take their arguments one by one.
let addTen = builtins.add 10; pick = builtins.getAttr "a"; in [ (addTen 5) (map pick [ { a = 1; } { a = 2; } ]) (map (builtins.elemAt [ "x" "y" ]) [ 1 0 ]) ]
