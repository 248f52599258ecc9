# Integers and floats compare with each other.
[ (1 < 2) (2 < 1) (1 <= 1) (1 < 1.5) (1.0 <= 1) (-1 < 0) (2 > 1) (2 >= 3) (0.1 + 0.2 > 0.3) ]
