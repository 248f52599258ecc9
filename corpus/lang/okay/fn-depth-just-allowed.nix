# Ten thousand calls within each other are allowed.
let down = n: if n == 0 then "ground" else down (n - 1); in down 9999
