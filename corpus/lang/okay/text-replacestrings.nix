# replaceStrings tries its patterns in order at every place, and doesn't look at what it put in.
[ (builtins.replaceStrings [ "a" "b" ] [ "b" "a" ] "abba") (builtins.replaceStrings [ "oo" "o" ] [ "0" "." ] "foo o oooo") (builtins.replaceStrings [ "x" ] [ "y" ] "abc") (builtins.replaceStrings [ ] [ ] "abc") (builtins.replaceStrings [ "ab" "abc" ] [ "1" "2" ] "abcabc") ]
