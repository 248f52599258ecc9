# A string plus a path copies the path into the store, so the result has context.
builtins.match "x/nix/store/[0-9a-z]{32}-hello\\.txt" ("x" + ./data/hello.txt) != null
