# An imported function is called like any other.
[ (import ./data/fn.nix { a = 1; }) (map (import ./data/inc.nix) [ 1 2 ]) ]
