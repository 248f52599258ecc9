# Keywords need quotes as names; `or` does not.
{ "let" = 1; "in" = 2; "rec" = 3; or = 4; "inherit" = 5; "assert" = 6; "then" = 7; "with" = 8; }
