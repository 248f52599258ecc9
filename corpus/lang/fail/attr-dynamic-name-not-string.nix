# A name must be a string.
{ ${toString 1} = 1; ${1 + 1} = 2; }
