# `?` takes quoted and computed names.
let k = "key with space"; s = { ${k} = 1; dotted."a.b" = 2; }; in
[ (s ? "key with space") (s ? ${k}) (s ? dotted."a.b") (s ? dotted.a.b) (s ? "${"dotted"}") ]
