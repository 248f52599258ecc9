# __overrides may add attributes, and stays one itself.
builtins.attrNames (rec { a = 1; __overrides = { z = 26; }; })
