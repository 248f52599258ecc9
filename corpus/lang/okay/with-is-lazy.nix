# The set is forced only when a name is looked up in it.
with throw "never"; let x = 1; in x
