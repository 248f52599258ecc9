# Text that isn't JSON.
builtins.fromJSON "{ a: 1 }"
