# The overall match is the longest one.
builtins.split "(a|ab)" "xaby"
