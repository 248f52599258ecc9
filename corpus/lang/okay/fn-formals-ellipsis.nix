# `...` accepts more than is listed; the extra names aren't in scope.
[ (({ a, ... }: a) { a = 1; b = 2; }) (({ ... }: 3) { x = 1; }) (({ }: 4) { }) (let b = 9; in ({ a, ... }: a + b) { a = 1; b = 100; }) ]
