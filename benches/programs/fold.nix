# A strict fold with a function of two arguments over three million cells.
let
  cells = builtins.genList (i: 3 * i + 1) 3000000;
in
builtins.foldl' (total: cell: total + cell) 0 cells
