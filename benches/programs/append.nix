# Lists and strings built by appending in a fold: 6,000 items, 6,000 pieces.
let
  indices = builtins.genList (i: i) 6000;
  list = builtins.foldl' (all: i: all ++ [ (i * i) ]) [ ] indices;
  text = builtins.foldl' (all: i: all + "${toString i},") "" indices;
in
builtins.length list + builtins.elemAt list 5999 + builtins.stringLength text
