# rec puts its own names in scope, before those outside.
let a = 10; b = 20; in rec { a = 1; c = a + b; }
