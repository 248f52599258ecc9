# Two lists that hold each other.
rec { a = [ b ]; b = [ a ]; }
