# A path's steps may be computed.
let k = "b"; s = { a.b.c = 7; "x y" = 8; }; in [ s.a.${k}.c s.${"a"}."${k}".c s."x y" s.${"x " + "y"} ]
