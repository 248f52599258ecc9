# An attribute with a computed name stands where its path begins.
let set = { ${"x" + "y"} = 1; }; in (builtins.unsafeGetAttrPos "xy" set).column
