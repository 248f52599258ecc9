# A file is evaluated once; importing it again gives the same value.
let a = import ./data/fn.nix; b = import ./data/fn.nix; in [ a ] == [ b ]
