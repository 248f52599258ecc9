# fromJSON of all types.
builtins.fromJSON ''{"a": [1, -2, 1.5, 1e3, true, false, null], "b": {"c": "d"}, "e": "", "f": [], "g": {}}''
