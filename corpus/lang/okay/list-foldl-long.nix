# A fold over a long list.
builtins.foldl' (a: x: a + x) 0 (builtins.genList (x: x) 10000)
