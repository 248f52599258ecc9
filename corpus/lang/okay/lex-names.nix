# Names hold letters, digits, _, ' and -.
let a1 = 1; a_b = 2; a'b = 3; a-b = 4; _x = 5; x'' = 6; a-1 = 7; in [ a1 a_b a'b a-b _x x'' a-1 ]
