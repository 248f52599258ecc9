# A set can be defined through mapAttrs of itself.
let s = builtins.mapAttrs (n: f: f s) { a = _: 1; b = s: s.a + 1; c = s: s.a + s.b; }; in s
