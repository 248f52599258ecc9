# Integer division truncates towards zero.
[ (7 / 2) (-7 / 2) (7 / -2) (-7 / -2) (1 / 3) (6 / 3) (7 / 2.0) ]
