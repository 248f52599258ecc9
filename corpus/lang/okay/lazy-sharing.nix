# A binding is evaluated once, however often it is used (this would take forever otherwise).
let dbl = n: if n == 0 then 1 else let half = dbl (n - 1); in half + half; in dbl 62
