# Arithmetic takes numbers.
2 * "3"
