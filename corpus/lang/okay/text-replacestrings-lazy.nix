# A replacement that isn't used isn't evaluated.
builtins.replaceStrings [ "a" "z" ] [ "1" (throw "never") ] "banana"
