# listToAttrs of 300,000 names, then their list, their values, and one.
let
  count = 300000;
  set = builtins.listToAttrs (
    builtins.genList (i: {
      name = "entry${toString i}";
      value = i;
    }) count
  );
in
builtins.length (builtins.attrNames set)
+ builtins.foldl' builtins.add 0 (builtins.attrValues set)
+ set.entry299999
