{ up = (import ./value.nix).answer; down = import ./dir/sub/deep.nix; }
