# The fixed point of a function of sets.
let fix = f: let x = f x; in x; in fix (self: { a = 1; b = self.a + 1; c = self.b + self.a; })
