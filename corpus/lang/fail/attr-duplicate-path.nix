# A path into something that is defined as a whole.
{ a.b = 1; a = 2; }
