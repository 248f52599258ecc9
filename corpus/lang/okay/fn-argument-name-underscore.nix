# `_` is a name like any other.
let const = _: _; in [ ((_: 1) 2) (const 3) ((_a: b': _a + b') 1 2) ]
