# A bracket too many.
[ 1 2 ] ]
