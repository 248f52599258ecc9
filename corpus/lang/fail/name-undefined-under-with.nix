# Under a with the name is looked for when it is needed.
with { a = 1; }; b
