# `inherit x` inside rec refers to the x outside.
let x = 1; in (rec { inherit x; y = x; }).y
