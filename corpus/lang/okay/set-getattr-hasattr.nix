# getAttr and hasAttr with computed names.
let s = { "a.b" = 1; c.d = 2; }; in [ (builtins.getAttr "a.b" s) (builtins.hasAttr "a.b" s) (builtins.hasAttr "c.d" s) (builtins.getAttr "c" s) ]
