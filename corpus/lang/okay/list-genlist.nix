# genList calls its function with 0 to n-1.
[ (builtins.genList (i: i * i) 5) (builtins.genList (i: i) 0) ]
