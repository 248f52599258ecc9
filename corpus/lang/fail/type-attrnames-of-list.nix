# attrNames is for sets.
builtins.attrNames [ 1 ]
