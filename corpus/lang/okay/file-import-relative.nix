# Relative paths in an imported file start at that file.
import ./data/chain.nix
