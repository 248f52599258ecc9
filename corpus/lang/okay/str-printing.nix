# Printing escapes quotes, backslashes, newline, tab, carriage return and `${`.
[ "\"" "\\" "\n" "\t" "\r" "\${" "$" "$x" "{}" "'" "é😀" "\\n" ]
