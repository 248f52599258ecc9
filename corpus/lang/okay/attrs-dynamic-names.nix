# `${e}` computes a name; null leaves the attribute out.
let k = "key"; in { ${k} = 1; ${k + "2"} = 2; "pre-${k}" = 3; ${null} = 4; ${if true then null else "x"} = 5; }
