# let can inherit from a set it binds itself.
let inherit (s) a; s = { a = 5; }; in a
