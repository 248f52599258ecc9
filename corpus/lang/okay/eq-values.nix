# Equality is structural; an integer equals the float of the same value.
[ (1 == 1.0) ("a" == "a") ([ 1 [ 2 ] ] == [ 1 [ 2 ] ]) ({ a = 1; b = { }; } == { b = { }; a = 1; }) (null == null) (true == false) ({ } == { a = 1; }) ]
