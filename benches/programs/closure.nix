# genericClosure over 400,000 nodes of which each names two others.
let
  count = 400000;
  rem = a: b: a - b * (a / b);
  next = i: [
    { key = rem (2 * i + 1) count; }
    { key = rem (2 * i + 2) count; }
  ];
in
builtins.length (
  builtins.genericClosure {
    startSet = [ { key = 0; } ];
    operator = node: next node.key;
  }
)
