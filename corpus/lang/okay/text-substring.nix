# substring is generous beyond the end; a negative length means up to the end.
[ (builtins.substring 1 3 "hello") (builtins.substring 0 100 "abc") (builtins.substring 5 2 "abc") (builtins.substring 1 (-1) "abc") (builtins.substring 3 1 "abc") (builtins.substring 0 0 "abc") (builtins.substring 0 3 { outPath = "abcdef"; }) ]
