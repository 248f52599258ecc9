# let may bind nothing.
let in 42
