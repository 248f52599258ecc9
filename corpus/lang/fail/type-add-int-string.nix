# Nor the other way round.
1 + "a"
