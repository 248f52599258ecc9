# The escapes of a double-quoted string.
[ "a\nb" "a\tb" "a\rb" "back\\slash" "quote\"quote" "\${not interpolated}" "unknown \q escape" ]
