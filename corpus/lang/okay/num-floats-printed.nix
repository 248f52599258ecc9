# Floats print with six significant digits.
[ 1.5 1.0 0.1 (0.1 + 0.2) 100000.0 1000000.0 123456789.0 1.0e-4 1.0e-5 3.14159265358979 2.5e10 (-1.5) ]
