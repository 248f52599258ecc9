# throw is a value like any other until it is needed.
let t = throw "later"; in [ (builtins.isList [ t ]) (if true then 1 else t) ((_: 2) t) ]
