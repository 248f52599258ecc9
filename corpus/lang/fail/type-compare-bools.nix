# Booleans have none either.
true < false
