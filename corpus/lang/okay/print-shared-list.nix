# A list met again by the same name is not printed twice.
let row = [ 1 2 ]; in { once = row; again = row; }
