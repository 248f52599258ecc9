# inherit (e) takes attributes of e.
let s = { a = 1; b = 2; }; in { inherit (s) a b; inherit ({ c = 3; }) c; inherit (s); }
