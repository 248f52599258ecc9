# A default may use the @ name.
({ a, n ? builtins.length (builtins.attrNames args), ... }@args: n) { a = 1; x = 2; y = 3; }
