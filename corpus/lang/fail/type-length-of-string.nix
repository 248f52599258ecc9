# length is for lists.
builtins.length "abc"
