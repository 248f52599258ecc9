# The old form `let { ... body = ...; }` answers its body.
let { x = 1; y = x + 1; body = x + y; }
