# Text between adjacent matches, at the start and at the end is the empty string.
builtins.split "-" "--a--"
