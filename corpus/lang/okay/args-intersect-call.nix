# Calling a function with just the attributes it asks for.
let call = f: scope: f (builtins.intersectAttrs (builtins.functionArgs f) scope); in [ (call ({ a }: a) { a = 1; b = 2; }) (call ({ b, a ? 7 }: a + b) { b = 2; }) (call ({ }: "none") { a = 1; }) ]
