# Quoted steps may hold dots and spaces.
{ "a.b".c = 1; "a.b"."d e" = 2; a.b = 3; }
