# Columns count bytes, not letters.
[ (/* ä€ */ __curPos).column (builtins.unsafeGetAttrPos "a" { "é" = 0; a = 1; }).column ]
