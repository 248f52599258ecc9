# Defaults may refer to the other formals.
let f = { a, b ? a + 1, c ? b + d, d ? 10 }: [ a b c d ]; in [ (f { a = 1; }) (f { a = 1; b = 5; }) (f { a = 1; d = 0; }) ]
