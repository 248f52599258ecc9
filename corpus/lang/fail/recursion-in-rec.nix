# A value that needs itself.
rec { x = y; y = x; }.x
