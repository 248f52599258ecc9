# Undefined names are found before anything runs.
{ a = 1; b = undefinedName; }.a
