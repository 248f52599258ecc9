# Unary minus binds tighter than every binary operator, looser than application.
let f = x: x * 2; a = 5; in [ (-a) (- a) (-a + 2) (2 - -a) (2 * -a) (-f 3) (-(-a)) (- -a) (-1.5) (-0) ]
