# toString of a float has six decimals.
map toString [ 1.5 1.0 0.1 1.0e-7 123456.789 1.0e10 (-2.25) ]
