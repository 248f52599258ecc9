# Arithmetic takes numbers, not sets.
{ } - 1
