# Extending a fixed point: later layers see the final set through self and the earlier one through super.
let
  fix = f: let x = f x; in x;
  extend = f: g: self: let super = f self; in super // g self super;
  base = self: { x = 1; y = self.x * 10; };
  layer = self: super: { x = super.x + 1; z = self.y + super.y; };
in fix (extend base layer)
