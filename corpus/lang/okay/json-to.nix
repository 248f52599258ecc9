# toJSON of all types; names in order, __toString and outPath stand for the set.
builtins.toJSON { b = 1; a = [ true null "x" 1.5 { } [ ] ]; o = { outPath = "/p"; other = 1; }; s = { __toString = _: "str"; }; "k k" = "\"\n\\é\t"; }
