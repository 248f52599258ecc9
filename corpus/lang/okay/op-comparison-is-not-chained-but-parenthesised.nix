# Comparisons don't chain; parentheses make them comparable again.
[ ((1 < 2) == (2 < 3)) ((1 < 2) != (2 > 3)) ]
