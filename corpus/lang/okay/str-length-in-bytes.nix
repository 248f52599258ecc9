# Lengths count bytes.
map builtins.stringLength [ "" "abc" "é" "😀" "\n" "a\\b" ]
