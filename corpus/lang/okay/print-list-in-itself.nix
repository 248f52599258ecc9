# A list that holds itself is printed until it comes back to the same place.
let x = [ x ]; in x
