# toString of a set that stands for no string.
toString { a = 1; }
