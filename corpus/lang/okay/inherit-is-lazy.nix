# inherit doesn't evaluate what it takes.
let s = { a = 1; b = throw "never"; }; in (let inherit (s) a b; in a) + { inherit (s) a b; }.a
