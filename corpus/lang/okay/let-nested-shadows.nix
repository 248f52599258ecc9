# The nearest binding wins.
let x = 1; in let y = x; x = 2; in [ x y (let x = 3; in x) ]
