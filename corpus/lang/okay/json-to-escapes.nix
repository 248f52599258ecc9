# Control characters become \u escapes; slashes and non-ASCII stay.
builtins.toJSON "tab\t nl\n cr\r quote\" back\\ slash/ é 😀 $"
