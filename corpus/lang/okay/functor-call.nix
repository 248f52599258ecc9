# A set with __functor can be called; it gets itself first.
let f = { factor = 3; __functor = self: x: self.factor * x; }; in [ (f 2) ((f // { factor = 10; }) 2) (map f [ 1 2 ]) ]
