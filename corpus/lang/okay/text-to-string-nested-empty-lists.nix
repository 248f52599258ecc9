# Empty lists inside a list: no space comes after them.
map toString [ [ [ ] ] [ [ ] [ ] ] [ 1 [ ] 2 ] [ [ ] 1 ] [ 1 [ ] ] [ "" "" ] ]
