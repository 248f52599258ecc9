# A binding without semicolon.
{ a = 1 b = 2; }
