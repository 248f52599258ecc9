# `+` coerces a set with outPath or __toString on either side of a string.
[ ("<" + { outPath = "o"; }) ({ outPath = "o"; } + ">") ("<" + { __toString = self: self.v; v = "t"; }) ]
