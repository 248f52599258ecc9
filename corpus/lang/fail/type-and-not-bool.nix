# Operands of && must be booleans.
true && 1
