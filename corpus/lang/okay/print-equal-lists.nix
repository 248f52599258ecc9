# Lists that are equal but not the same are printed each.
{ a = [ 1 2 ]; b = [ 1 2 ]; empty = [ [ ] [ ] { } { } ]; }
