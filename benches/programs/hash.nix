# 800,000 sha256 digests of strings of about a hundred bytes.
let
  padding = builtins.concatStringsSep "-" (builtins.genList (i: "pad${toString i}") 15);
  digest = i: builtins.hashString "sha256" "job ${toString i} ${padding}";
in
builtins.foldl' (
  total: i: total + builtins.stringLength (builtins.substring 0 7 (digest i))
) 0 (builtins.genList (i: i) 800000)
