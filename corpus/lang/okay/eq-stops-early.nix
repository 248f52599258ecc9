# Lists of different length and sets of different names are unequal without a look at the values.
[ ([ (throw "never") ] == [ ]) ({ a = throw "never"; } == { b = 1; }) ([ 1 (throw "never") ] == [ 2 (throw "never") ]) ]
