# assert inside functions and sets.
let half = n: assert builtins.bitAnd n 1 == 0; n / 2; in [ (half 8) (builtins.tryEval (half 7)) ]
