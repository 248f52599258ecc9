# Sets within sets can be too deep to go through.
let nest = n: if n == 0 then { } else { inner = nest (n - 1); }; in builtins.toJSON (nest 10001)
