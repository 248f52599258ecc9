# A lambda's body reaches as far right as it can.
[ ((x: x + 1) 1) ((x: y: x * y + 1) 2 3) ((x: if x then 1 else 2) false) ]
