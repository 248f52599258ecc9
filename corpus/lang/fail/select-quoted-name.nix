# A name that must be quoted where it is written is quoted in messages too.
{ "b d" = 1; }."b c"
