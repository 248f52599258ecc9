# 120,000 records to JSON, back, and to JSON again.
let
  record = i: {
    inherit i;
    label = "record \"${toString i}\"\n";
    flags = [
      true
      false
      null
    ];
    where = {
      host = "node${toString i}";
      load = 0.5 + i;
      path = [
        "srv"
        (toString i)
      ];
    };
  };
  text = builtins.toJSON (builtins.genList record 120000);
  read = builtins.fromJSON text;
in
builtins.stringLength text + builtins.stringLength (builtins.toJSON read) + builtins.length read
