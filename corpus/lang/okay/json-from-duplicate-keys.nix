# Of a key that comes twice the last one counts.
builtins.fromJSON ''{"a": 1, "a": 2}''
