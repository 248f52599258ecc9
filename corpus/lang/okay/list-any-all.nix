# any and all stop at the deciding element; of nothing they are false and true.
[ (builtins.any (x: x) [ false true (throw "never") ]) (builtins.all (x: x) [ true false (throw "never") ]) (builtins.any (x: x) [ ]) (builtins.all (x: x) [ ]) ]
