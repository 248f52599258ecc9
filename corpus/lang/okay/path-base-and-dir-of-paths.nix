# Of paths they answer a string and a path.
[ (baseNameOf ./x/y.txt) (builtins.typeOf (dirOf ./x/y)) (dirOf ./x/y == ./x) (dirOf /. == /.) ]
