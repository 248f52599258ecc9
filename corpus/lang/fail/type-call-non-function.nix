# Calling something that isn't a function.
1 2
