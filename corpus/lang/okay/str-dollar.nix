# A dollar is literal unless a brace follows; `$${` escapes too.
[ "$" "$$" "a$b" "$a" "$${x}" "$$$" "\$" "$\{" "100$" ]
