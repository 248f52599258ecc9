# Two sets written out for one name merge.
{ a = { x = 1; y.z = 2; }; a = { w = 3; y.v = 4; }; }
