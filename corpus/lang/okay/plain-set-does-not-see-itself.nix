# A set without rec doesn't put its names in scope.
let a = "outer"; in { a = "inner"; b = a; }
