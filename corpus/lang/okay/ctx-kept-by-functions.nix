# Text operations pass the context on.
let f = builtins.toFile "f" "x"; n = s: builtins.length (builtins.attrNames (builtins.getContext s)); g = builtins.toFile "g" "y"; in
map n [ (f + g) (builtins.replaceStrings [ "z" ] [ "q" ] f) (builtins.concatStringsSep g [ f ]) (builtins.concatStringsSep g [ "a" "b" ]) (builtins.elemAt (builtins.split "/" f) 0) (builtins.unsafeDiscardStringContext (f + g)) "${f}${f}" ]
