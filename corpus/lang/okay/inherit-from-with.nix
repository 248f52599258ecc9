# A plain inherit in a set finds names of a with.
with { q = 7; }; { inherit q; }
