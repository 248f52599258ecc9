# A literal that doesn't fit.
9223372036854775808
