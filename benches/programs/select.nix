# Names: formals with defaults, `with`, `rec`, `or`, and a set of 150 attributes, a million times.
let
  wide = builtins.listToAttrs (
    builtins.genList (i: {
      name = "field${toString i}";
      value = i;
    }) 150
  );
  chain = rec {
    first = 1;
    second = first + 1;
    third = second + first;
  };
  visit =
    with wide;
    i:
    {
      left,
      right ? left + 1,
      ...
    }:
    left + right + field12 + wide.field149 + chain.third + (wide.absent or 2);
in
builtins.foldl' (
  total: i:
  total
  + visit i {
    left = i;
    unused = total;
  }
) 0 (builtins.genList (i: i) 1000000)
