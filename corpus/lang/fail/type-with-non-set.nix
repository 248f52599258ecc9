# with takes a set.
with 1; a
