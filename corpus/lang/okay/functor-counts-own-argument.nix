# A functor gets the set and the argument in one call.
let counter = { start = 40; __functor = self: step: self.start + step; }; in map counter [ 1 2 ]
