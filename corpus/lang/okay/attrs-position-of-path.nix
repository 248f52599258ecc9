# All attributes of a path stand where the path begins.
let set = { axis.model.depth = 3; }; at = name: from: (builtins.unsafeGetAttrPos name from).column; in [ (at "axis" set) (at "model" set.axis) (at "depth" set.axis.model) ]
