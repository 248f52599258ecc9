# A message shows ten items of a list at most.
let l = builtins.genList (x: x) 12; in builtins.deepSeq l (l + 1)
