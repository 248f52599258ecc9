# Bracket expressions and character classes.
[ (builtins.match "[[:alpha:]_][[:alnum:]_]*" "a_1") (builtins.match "[^0-9]+" "abc") (builtins.match "[[:space:]]+" " \t\n") (builtins.match "[a-c]{2,3}" "abcd") (builtins.match "[]a]+" "]a]") (builtins.match "[[:upper:]][[:lower:]]+" "Abc") ]
