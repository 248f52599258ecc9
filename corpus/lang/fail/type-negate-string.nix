# Unary minus too.
-"a"
