# Lists are concatenated with ++.
[ 1 ] + [ 2 ]
