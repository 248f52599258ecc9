# head of nothing.
builtins.head [ ]
