# `a -> b` is `!a || b`.
[ (true -> true) (true -> false) (false -> true) (false -> false) ]
