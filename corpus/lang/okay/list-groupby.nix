# groupBy collects by the name its function gives.
builtins.groupBy (s: builtins.substring 0 1 s) [ "apple" "bob" "ant" "cat" "bee" ]
