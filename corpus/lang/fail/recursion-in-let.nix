# The same in let.
let x = x + 1; in x
