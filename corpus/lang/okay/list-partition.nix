# partition splits by a predicate and keeps the order.
builtins.partition (x: x > 2) [ 5 1 4 2 3 ]
