# Paths are normalised as they are read.
[ (./a/../b == ./b) (./a/./b == ./a/b) (./. + "/x" == ./x) (toString /a/b/../c) (toString /a/./b/c/.) ]
