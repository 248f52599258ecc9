# attrNames and attrValues go in byte order of the names.
let s = { b = 1; a = 2; B = 3; "10" = 4; "9" = 5; }; in [ (builtins.attrNames s) (builtins.attrValues s) (builtins.attrNames { }) ]
