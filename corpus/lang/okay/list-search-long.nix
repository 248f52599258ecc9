# Searching long lists again and again: what is found, and what is not looked at.
let
  inherit (builtins)
    elem
    elemAt
    filter
    foldl'
    genList
    head
    length
    tail
    ;
  drv =
    n:
    derivation {
      name = "n${toString n}";
      system = "none";
      builder = "/b";
    };
  mod = a: b: a - b * (a / b);
  items = genList (
    n:
    let
      k = mod n 70;
    in
    if mod k 5 == 0 then
      k
    else if mod k 5 == 1 then
      k * 1.0
    else if mod k 5 == 2 then
      "s${toString k}"
    else if mod k 5 == 3 then
      drv k
    else
      { a = k; }
  ) 300;
  fold = foldl' (seen: item: if elem item seen then seen else seen ++ [ item ]) [ ] items;
  without = x: filter (item: item != x);
  recurse = list: if list == [ ] then [ ] else [ (head list) ] ++ recurse (without (head list) list);
  lazy = genList (n: if n < 90 then n else throw "looked at ${toString n}") 100;
  mixed = genList (n: if mod n 2 == 0 then 1 else 1.0) 80;
  f = x: x;
  functions = genList (_: f) 40;
in
{
  unique = [
    (length fold)
    (length (recurse items))
    (fold == recurse items)
  ];
  lazy = map (n: elem n lazy) [ 0 89 40 ];
  filters = map length [
    (filter (x: x == 1) mixed)
    (filter (x: 1.0 == x) mixed)
    (filter (x: x != 1) mixed)
    (filter (x: x == "s2") items)
    (filter (x: x == drv 3) items)
    (filter (x: drv 3 != x) items)
    (without (elemAt items 4) items)
    (without { a = 4; } (tail items))
  ];
  identical = [
    (elem f functions)
    (length (filter (x: x == f) functions))
  ];
}
