# `*` and `/` bind tighter than `+` and `-`; all four associate to the left.
[ (2 + 3 * 4) (2 * 3 + 4) (20 - 8 - 3) (64 / 8 / 2) (2 * 3 - 12 / 4) ((2 + 3) * 4) ]
