# What goes out comes back.
let v = { a = 1; b = [ 1.5 "x" null true ]; c.d.e = { }; }; in builtins.fromJSON (builtins.toJSON v) == v
