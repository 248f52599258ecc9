# Escapes in JSON strings, surrogate pairs included.
builtins.fromJSON "\"a\\u0041\\n\\t\\\\\\\"\\/ \\u00e9 \\ud83d\\ude00\""
