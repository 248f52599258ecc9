# In a function that nobody calls as well.
let f = x: y; in 1
