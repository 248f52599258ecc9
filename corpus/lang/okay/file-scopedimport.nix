# scopedImport puts names into the file's scope.
builtins.scopedImport { y = 5; } ./data/scoped.nix
