# `if` and `let` reach as far right as they can.
[ (if true then 1 else 2 + 10) ((if true then 1 else 2) + 10) (let x = 1; in x + 1) (1 + (let x = 1; in x)) ]
