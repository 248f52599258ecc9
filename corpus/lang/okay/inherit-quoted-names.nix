# inherit takes quoted names, `${"…"}` of a plain string too.
let s = { "a b" = 1; "if" = 2; c = 3; }; in { inherit (s) "a b" "if" ${"c"}; }
