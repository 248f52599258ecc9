# A number with a dot or an exponent is a float.
map (n: builtins.typeOf (builtins.fromJSON n)) [ "1" "-1" "1.0" "1e2" "0" "9223372036854775807" ]
