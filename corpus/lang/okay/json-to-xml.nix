# toXML of simple values.
builtins.toXML { a = 1; b = [ "x" true null ]; f = { y, z ? 1 }: y; }
