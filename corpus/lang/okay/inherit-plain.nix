# inherit takes names from the scope around the set, also in rec.
let x = 1; y = 2; in [ { inherit x y; } (rec { inherit x; z = x + y; }) { inherit; } ]
