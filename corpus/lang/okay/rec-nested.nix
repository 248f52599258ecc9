# An inner rec sees the outer one's names.
rec { x = 1; y = rec { z = x + 1; x2 = z; w = rec { v = x2 + x; }; }; }
