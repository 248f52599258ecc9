# Static parts merge while computed ones are added to the same set.
let k = "dyn"; in { a.s = 1; a.${k} = 2; a.t = 3; }
