# `->` associates to the right and is the loosest operator.
[ (false -> false -> false) ((false -> false) -> false) (true || false -> false) (true && true -> true) ]
