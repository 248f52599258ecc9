# Small helpers built from builtins.
let
  repeat = n: s: builtins.concatStringsSep "" (builtins.genList (_: s) n);
  pad = w: s: repeat (w - builtins.stringLength s) "0" + s;
  chars = s: builtins.genList (i: builtins.substring i 1 s) (builtins.stringLength s);
  reverse = s: builtins.foldl' (a: c: c + a) "" (chars s);
in [ (repeat 3 "ab") (pad 5 "42") (chars "xyz") (reverse "hello") ]
