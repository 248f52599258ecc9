# Elements after the deciding one are not evaluated.
[ 1 (throw "never") ] < [ 2 (throw "never") ]
