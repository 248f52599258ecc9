# A selection applies to any parenthesised or braced expression.
[ { a = 1; }.a (rec { x = 2; y = x; }).y (x: { z = x; } ).__toString or 3 ((x: { z = x; }) 4).z (let a.b = 5; in a).b ]
