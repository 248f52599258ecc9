# Sets print in byte order of their names, quoted where needed.
{ b = 1; a = 2; A = 3; "a b" = 4; _ = 5; "1" = 6; "" = 7; a-b = 8; a' = 9; "é" = 10; "if" = 11; }
