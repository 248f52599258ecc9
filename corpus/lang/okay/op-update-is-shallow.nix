# `//` replaces whole values; it doesn't merge nested sets.
{ x.a = 1; x.b = 2; } // { x.c = 3; }
