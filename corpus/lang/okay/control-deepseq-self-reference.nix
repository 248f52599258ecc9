# deepSeq of something that contains itself comes to an end.
let x = { a = x; n = [ x ]; }; in builtins.deepSeq x "done"
