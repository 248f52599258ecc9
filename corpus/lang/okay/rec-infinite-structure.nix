# A set may contain itself as long as nobody walks it all.
let r = rec { self = r; n = 1; }; in r.self.self.self.n
