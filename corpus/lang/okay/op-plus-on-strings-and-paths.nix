# `+` concatenates strings; integers and floats add.
[ ("a" + "b") ("a" + "b" + "c") (1 + 2) (1 + 2.5) (0.5 + 0.5) ("x" + toString 1) ]
