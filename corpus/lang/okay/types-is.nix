# The is… checks.
let v = [ 1 1.0 "s" true null [ ] { } (x: x) ./x ]; in
map (f: map f v) (with builtins; [ isInt isFloat isString isBool isNull isList isAttrs isFunction isPath ])
