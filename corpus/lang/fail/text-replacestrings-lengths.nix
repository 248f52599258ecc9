# Lists of different lengths.
builtins.replaceStrings [ "a" ] [ ] "a"
