# Functions made inside a with keep its scope.
let mk = s: with s; y: x + y; in map (mk { x = 10; }) [ 1 2 ]
