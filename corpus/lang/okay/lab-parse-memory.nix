# Sizes and times as labs write them.
let
  mem = s: let m = builtins.match "([0-9]+)([KMGT]?)" s; n = builtins.fromJSON (builtins.elemAt m 0); u = { "" = 1; K = 1024; M = 1048576; G = 1073741824; T = 1099511627776; }; in n * u.${builtins.elemAt m 1};
  num = s: builtins.fromJSON (builtins.head (builtins.match "0*([0-9]+)" s));
  secs = s: builtins.foldl' (acc: p: acc * 60 + num p) 0 (builtins.filter builtins.isString (builtins.split ":" s));
in [ (map mem [ "512M" "2G" "1T" "100" ]) (map secs [ "00:10:00" "24:00:00" "05:30" "90" ]) ]
