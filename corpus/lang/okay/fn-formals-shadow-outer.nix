# Formals shadow names outside, in defaults too.
let a = "outer"; b = "outer"; in ({ a, c ? a + b }: c) { a = "inner"; }
