# The default is not evaluated when the attribute is there.
{ a = 1; }.a or (throw "never")
