# Bindings of `let` see each other in any order.
let b = a + 1; a = 1; c = b + a; in [ a b c ]
