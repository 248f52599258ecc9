# zipAttrsWith collects the values of each name in list order.
builtins.zipAttrsWith (name: values: { inherit name values; }) [ { a = 1; b = 2; } { b = 3; } { a = 4; c = { }; } ]
