# Strings: interpolation, joining, escaping and cutting, 250,000 pieces and their whole.
let
  pieces = builtins.genList (i: "<item id='${toString i}'>& more</item>") 250000;
  escape =
    builtins.replaceStrings
      [ "&" "<" ">" "'" ]
      [ "&amp;" "&lt;" "&gt;" "&apos;" ];
  page = escape (builtins.concatStringsSep "\n" pieces);
  line = builtins.concatStringsSep ", " (map (piece: "\"" + escape piece + "\"") pieces);
  middle = builtins.substring (builtins.stringLength page / 2) 10000 page;
in
builtins.stringLength page + builtins.stringLength line + builtins.stringLength middle
