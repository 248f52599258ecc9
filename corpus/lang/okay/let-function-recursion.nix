# A function bound by let can call itself.
let fact = n: if n == 0 then 1 else n * fact (n - 1); even = n: n == 0 || odd (n - 1); odd = n: n != 0 && even (n - 1); in [ (fact 10) (even 10) (odd 10) ]
