# Sorting 250,000 scattered integers with a function.
let
  count = 250000;
  rem = a: b: a - b * (a / b);
  scatter = i: rem (builtins.bitXor (i * 7919) (i / 3) * 48271) 2147483647;
  sorted = builtins.sort (a: b: a < b) (builtins.genList scatter count);
in
builtins.head sorted + builtins.elemAt sorted (count / 3) + builtins.elemAt sorted (count - 1)
