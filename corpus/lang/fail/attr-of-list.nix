# A list has no attributes.
[ 1 ].a
