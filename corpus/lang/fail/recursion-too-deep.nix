# One call more than ten thousand is too many.
let down = n: if n == 0 then "ground" else down (n - 1); in down 10000
