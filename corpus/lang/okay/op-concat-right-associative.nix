# `++` concatenates lists and associates to the right; application binds tighter.
[ ([ 1 ] ++ [ 2 ] ++ [ 3 ]) ([ ] ++ [ ]) ([ [ ] ] ++ [ [ ] ]) (map (x: x) [ 1 ] ++ [ 2 ]) ]
