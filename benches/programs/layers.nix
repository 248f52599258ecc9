# Small updates laid over a large set, each read through once, as overlays do.
let
  large = builtins.listToAttrs (
    builtins.genList (i: {
      name = "package${toString i}";
      value = i;
    }) 5000
  );
  step =
    state: i:
    let
      set = state.set // {
        package17 = i;
        extra = i + 1;
      };
    in
    builtins.seq set.package17 {
      inherit set;
      total = state.total + set.package17 + set.package4999 + set.extra;
    };
in
(builtins.foldl' step {
  set = large;
  total = 0;
} (builtins.genList (i: i) 20000)).total
