# Elements must coerce to strings.
builtins.concatStringsSep "," [ 1 ]
