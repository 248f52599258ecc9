# A brace that isn't closed.
{ a = 1;
