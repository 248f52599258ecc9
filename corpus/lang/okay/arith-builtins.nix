# The operators as builtins.
[ (builtins.add 1 2) (builtins.sub 1 2) (builtins.mul 3 4) (builtins.div 9 2) (builtins.lessThan 1 2) (builtins.add 1.5 1) ]
