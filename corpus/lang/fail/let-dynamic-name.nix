# let takes no computed names.
let ${"a" + "b"} = 1; in 1
