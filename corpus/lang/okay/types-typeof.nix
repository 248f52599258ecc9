# typeOf names the type of a value.
map builtins.typeOf [ 1 1.0 "s" true null [ ] { } (x: x) ./x builtins.map ]
