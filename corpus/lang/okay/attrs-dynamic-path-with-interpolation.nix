# A name may be any string expression, indented strings' text included.
{ "${"a"}${toString 1}" = 1; "x\ny" = 2; "q\"q" = 3; "d$d" = 4; "\${e}" = 5; }
