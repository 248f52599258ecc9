# Leading zeros, floats with and without parts around the dot.
[ 007 0 1.0 .5 1. 1.5e3 1.5E3 2.e-2 0.0 123456789 ]
