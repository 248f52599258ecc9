# A callPackage: what the function asks for comes from the scope, what is given wins.
let
  scope = { pkgs = { name = "pkgs"; }; repx = "helpers"; extra = 1; };
  callWith = f: given: f (builtins.intersectAttrs (builtins.functionArgs f) scope // given);
in [ (callWith ({ pkgs }: pkgs.name) { }) (callWith ({ repx, pkgs, ... }: repx) { }) (callWith ({ extra ? 0, mine }: extra + mine) { mine = 41; }) ]
