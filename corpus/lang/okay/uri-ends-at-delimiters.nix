# A URI ends before a semicolon, bracket or brace.
{ u = https://example.org/x; l = [ http://a/b ]; }
