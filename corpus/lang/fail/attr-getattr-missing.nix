# getAttr without a default.
builtins.getAttr "x" { y = 1; }
