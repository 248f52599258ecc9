# Paths that merge into a rec set see its names.
let z = "outer"; in { a = rec { x = z; y = 1; }; a.z = "inner"; a.q = y; y = 5; }.a.x
