# Calls: two and a half million of them, each adding small integers.
let
  go = n: if n <= 1 then 1 else go (n - 2) + go (n - 1);
in
go 29
