# Names bound by let, rec, a formal or an argument win over with.
let a = "let"; in [ (with { a = "with"; b = "b"; }; a + b) ((a: with { a = "with"; }; a) "arg") (({ a }: with { a = "with"; }; a) { a = "formal"; }) ]
