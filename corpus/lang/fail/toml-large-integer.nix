# Integers of TOML have 64 bits.
builtins.fromTOML "n = 9223372036854775808"
