# A function has no JSON.
builtins.toJSON { f = x: x; }
