# ++ takes lists.
[ 1 ] ++ 2
