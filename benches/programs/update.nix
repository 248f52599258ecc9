# Half a million updates in a chain, with a computed name each, of a set of up to 50 attributes.
let
  rem = a: b: a - b * (a / b);
  step =
    set: i:
    set
    // {
      "slot${toString (rem (i * 7) 50)}" = i;
    };
  final = builtins.foldl' step { } (builtins.genList (i: i) 500000);
in
final.slot0 + final.slot49 + builtins.length (builtins.attrValues final)
