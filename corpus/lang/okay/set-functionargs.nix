# functionArgs tells which formals have defaults; of other functions nothing.
[ (builtins.functionArgs ({ a, b ? 1, ... }: a)) (builtins.functionArgs (x: x)) (builtins.functionArgs ({ }: 1)) (builtins.functionArgs builtins.map) ]
