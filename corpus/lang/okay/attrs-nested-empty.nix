# Empty sets and lists print with one space inside.
[ { } [ ] { a = { }; b = [ ]; } [ { } [ [ ] ] ] ]
