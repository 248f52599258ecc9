# split gives the text between the matches and, for each match, the list of its groups.
[ (builtins.split "," "a,b,c") (builtins.split "(,)" "a,b") (builtins.split "x" "abc") (builtins.split "," "") (builtins.split "," ",") (builtins.split "(a)(b)?" "1a2ab3") ]
