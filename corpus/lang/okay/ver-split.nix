# splitVersion cuts at dots and dashes and between digits and letters.
map builtins.splitVersion [ "1.2.3" "1.0pre2" "2023-01-05" "a1b22" "" "1..2" "rc-1.x" ]
