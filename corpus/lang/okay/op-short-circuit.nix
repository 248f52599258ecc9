# The right side is not evaluated when the left decides.
[ (false && throw "not reached") (true || throw "not reached") (false -> throw "not reached") ]
