# The empty string is a fine attribute name.
{ "" = 1; }.""
