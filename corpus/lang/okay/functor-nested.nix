# The functor may itself be a set with a functor.
let inner = { __functor = _: self: x: x + self.n; }; outer = { n = 5; __functor = inner; }; in outer 1
