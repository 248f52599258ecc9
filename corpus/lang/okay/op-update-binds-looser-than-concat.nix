# `++` binds tighter than `//`, which binds tighter than comparison.
{ l = [ 1 ] ++ [ 2 ]; } // { m = [ 3 ] ++ [ 4 ]; } == { l = [ 1 2 ]; m = [ 3 4 ]; }
