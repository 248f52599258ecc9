# Lists compare element by element; a prefix is smaller.
[ ([ 1 2 ] < [ 1 3 ]) ([ 1 ] < [ 1 0 ]) ([ ] < [ 1 ]) ([ 2 ] < [ 1 9 ]) ([ [ 1 ] 2 ] < [ [ 1 ] 3 ]) ([ "a" ] < [ "b" ]) ([ ] <= [ ]) ([ 1 ] > [ ]) ]
