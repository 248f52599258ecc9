# Attribute names in quotes have the escapes of strings.
{ "a\nb" = 1; "t\tt" = 2; "q\"" = 3; "\\" = 4; "$" = 5; }
