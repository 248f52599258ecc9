# The step that fails is the one named.
{ a.b = 1; }.a.c.d
