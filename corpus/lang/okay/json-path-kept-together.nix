# Paths and numbers in what is converted and read back.
builtins.fromJSON (builtins.toJSON { f = 0.1; big = 1.0e20; small = 1.5e-7; l = [ null true ]; })
