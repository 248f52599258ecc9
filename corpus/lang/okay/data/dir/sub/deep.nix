import ../../value.nix // { from = "deep"; }
