# A functor's type is a set; function checks tell them apart.
let f = { __functor = self: x: x; }; in [ (builtins.isFunction f) (builtins.isAttrs f) (builtins.typeOf f) ]
