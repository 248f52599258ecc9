# `==` is looser than `<`.
[ (1 < 2 == true) (true == 1 < 2) (1 + 1 == 2) (2 < 1 == false) (1 != 2 && 2 != 3) ]
