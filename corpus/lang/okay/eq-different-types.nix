# Values of different types are unequal, never an error.
[ (1 == "1") (null == false) ([ ] == { }) ("a" == [ "a" ]) (./x == "x") (0 == null) ((x: x) == 1) ]
