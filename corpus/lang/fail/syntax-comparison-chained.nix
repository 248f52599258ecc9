# Comparisons don't chain.
1 < 2 < 3
