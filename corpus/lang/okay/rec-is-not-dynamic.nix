# Updating a rec set doesn't change what its other attributes saw.
let r = rec { a = 1; b = a + 1; }; in [ (r // { a = 100; }).b (r // { a = 100; }).a ]
