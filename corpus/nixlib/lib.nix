# What the embedded library answers: each `expr` has the same JSON as its `expected`. The expected values are
# those of nixpkgs' library, release 26.11, under Nix 2.34; relative paths are read from this directory.
{ lib }:
[
  # trivial
  {
    name = "id";
    expr = lib.id 5;
    expected = 5;
  }
  {
    name = "const";
    expr = lib.const 1 2;
    expected = 1;
  }
  {
    name = "flip";
    expr = lib.flip (a: b: a - b) 1 10;
    expected = 9;
  }
  {
    name = "pipe";
    expr = lib.pipe 2 [ (x: x + 2) (x: x * 3) toString ];
    expected = "12";
  }
  {
    name = "pipe-nothing";
    expr = lib.pipe [ 1 ] [ ];
    expected = [ 1 ];
  }
  {
    name = "concat";
    expr = lib.concat [ 1 ] [ 2 3 ];
    expected = [ 1 2 3 ];
  }
  {
    name = "or-and-xor";
    expr = [ (lib.or true false) (lib.and true false) (lib.xor true true) (lib.xor true false) ];
    expected = [ true false false true ];
  }
  {
    name = "bits";
    expr = [ (lib.bitNot 5) (lib.bitAnd 12 10) (lib.bitOr 12 10) (lib.bitXor 12 10) (lib.bitNot (-1)) ];
    expected = [ (-6) 8 14 6 0 ];
  }
  {
    name = "boolToString";
    expr = map lib.boolToString [ true false ];
    expected = [ "true" "false" ];
  }
  {
    name = "boolToYesNo";
    expr = map lib.boolToYesNo [ true false ];
    expected = [ "yes" "no" ];
  }
  {
    name = "defaultTo";
    expr = [ (lib.defaultTo 3 null) (lib.defaultTo 3 false) ];
    expected = [ 3 false ];
  }
  {
    name = "mapNullable";
    expr = [ (lib.mapNullable (x: x + 1) null) (lib.mapNullable (x: x + 1) 1) ];
    expected = [ null 2 ];
  }
  {
    name = "min-max";
    expr = [ (lib.min 3 2) (lib.max 3 2) (lib.min (-1) 1) (lib.max 1.5 1) ];
    expected = [ 2 3 (-1) 1.5 ];
  }
  {
    name = "mod";
    expr = [ (lib.mod 11 10) (lib.mod 10 5) (lib.mod (-7) 3) (lib.mod 7 (-3)) ];
    expected = [ 1 0 (-1) 1 ];
  }
  {
    name = "compare";
    expr = [ (lib.compare 1 2) (lib.compare "b" "a") (lib.compare 2 2) ];
    expected = [ (-1) 1 0 ];
  }
  {
    name = "splitByAndCompare";
    expr = lib.sort (a: b: lib.splitByAndCompare (lib.hasPrefix "z") lib.compare lib.compare a b < 0) [ "b" "zb" "a" "za" ];
    expected = [ "za" "zb" "a" "b" ];
  }
  {
    name = "toHexString";
    expr = map lib.toHexString [ 0 9 10 255 4096 250 ];
    expected = [ "0" "9" "A" "FF" "1000" "FA" ];
  }
  {
    name = "fromHexString";
    expr = map lib.fromHexString [ "ff" "0xFF" "0" "1a2B" ];
    expected = [ 255 255 0 6699 ];
  }
  {
    name = "toBaseDigits";
    expr = [ (lib.toBaseDigits 10 6021) (lib.toBaseDigits 2 6) (lib.toBaseDigits 16 0) ];
    expected = [ [ 6 0 2 1 ] [ 1 1 0 ] [ 0 ] ];
  }
  {
    name = "throwIf";
    expr = (builtins.tryEval (lib.throwIf true "no" 1)).success;
    expected = false;
  }
  {
    name = "throwIfNot";
    expr = lib.throwIfNot true "no" 1;
    expected = 1;
  }
  {
    name = "checkListOfEnum";
    expr = lib.checkListOfEnum "colour" [ "red" "green" ] [ "red" ] 7;
    expected = 7;
  }
  {
    name = "checkListOfEnum-stranger";
    expr = (builtins.tryEval (lib.checkListOfEnum "colour" [ "red" "green" ] [ "blue" ] 7)).success;
    expected = false;
  }
  {
    name = "isFunction";
    expr = map lib.isFunction [ (x: x) { __functor = _: x: x; } { } 1 ];
    expected = [ true true false false ];
  }
  {
    name = "functionArgs";
    expr = lib.functionArgs ({ a, b ? 1, ... }: a);
    expected = { a = false; b = true; };
  }
  {
    name = "functionArgs-functor";
    expr = lib.functionArgs (lib.setFunctionArgs (x: x) { z = true; });
    expected = { z = true; };
  }
  {
    name = "setFunctionArgs-call";
    expr = (lib.setFunctionArgs (x: x + 1) { }) 2;
    expected = 3;
  }
  {
    name = "mirrorFunctionArgs";
    expr = lib.functionArgs (lib.mirrorFunctionArgs ({ a, b ? 1 }: a) (x: x));
    expected = { a = false; b = true; };
  }
  {
    name = "toFunction";
    expr = [ ((lib.toFunction 3) 4) ((lib.toFunction (x: x + 1)) 4) ];
    expected = [ 3 5 ];
  }
  {
    name = "mergeAttrs";
    expr = lib.mergeAttrs { a = 1; b = 2; } { b = 3; };
    expected = { a = 1; b = 3; };
  }
  {
    name = "versions-order";
    expr = lib.versionAtLeast lib.version "23.11";
    expected = true;
  }
  {
    name = "genericClosure";
    expr = map (e: e.key) (lib.genericClosure { startSet = [ { key = 5; } ]; operator = e: if e.key < 1 then [ ] else [ { key = e.key - 2; } ]; });
    expected = [ 5 3 1 (-1) ];
  }
  # fixed points
  {
    name = "fix";
    expr = (lib.fix (self: { a = 1; b = self.a + 1; })).b;
    expected = 2;
  }
  {
    name = "extends";
    expr = lib.fix (lib.extends (final: prev: { b = prev.b + 10; c = final.a; }) (self: { a = 1; b = self.a + 1; }));
    expected = { a = 1; b = 12; c = 1; };
  }
  {
    name = "composeExtensions";
    expr = lib.fix (lib.extends (lib.composeExtensions (f: p: { a = p.a + 1; }) (f: p: { a = p.a * 10; })) (s: { a = 1; }));
    expected = { a = 20; };
  }
  {
    name = "composeManyExtensions";
    expr = lib.fix (lib.extends (lib.composeManyExtensions [ (f: p: { a = p.a + 1; }) (f: p: { b = f.c; }) (f: p: { c = p.a; }) ]) (s: { a = 1; }));
    expected = { a = 2; b = 2; c = 2; };
  }
  {
    name = "composeManyExtensions-none";
    expr = lib.fix (lib.extends (lib.composeManyExtensions [ ]) (s: { a = 1; }));
    expected = { a = 1; };
  }
  {
    name = "makeExtensible";
    expr = ((lib.makeExtensible (s: { a = 1; b = s.a; })).extend (f: p: { a = p.a + 4; })).b;
    expected = 5;
  }
  {
    name = "makeExtensible-twice";
    expr = (((lib.makeExtensible (s: { a = 1; b = s.a; })).extend (f: p: { a = p.a + 4; })).extend (f: p: { a = p.a * 2; })).b;
    expected = 10;
  }
  {
    name = "converge";
    expr = lib.converge (x: x / 2) 16;
    expected = 0;
  }
  {
    name = "toExtension";
    expr = map (e: lib.fix (lib.extends (lib.toExtension e) (s: { a = 1; }))) [ { b = 2; } (p: { b = p.a + 1; }) (f: p: { b = f.a + 2; }) ];
    expected = [ { a = 1; b = 2; } { a = 1; b = 2; } { a = 1; b = 3; } ];
  }
  # lists
  {
    name = "singleton";
    expr = lib.singleton "x";
    expected = [ "x" ];
  }
  {
    name = "optional";
    expr = [ (lib.optional true 1) (lib.optional false 1) (lib.optionals true [ 1 2 ]) (lib.optionals false [ 1 ]) ];
    expected = [ [ 1 ] [ ] [ 1 2 ] [ ] ];
  }
  {
    name = "toList";
    expr = [ (lib.toList 1) (lib.toList [ 1 ]) (lib.toList { }) ];
    expected = [ [ 1 ] [ 1 ] [ { } ] ];
  }
  {
    name = "forEach";
    expr = lib.forEach [ 1 2 ] (x: x * 2);
    expected = [ 2 4 ];
  }
  {
    name = "replicate";
    expr = [ (lib.replicate 3 "a") (lib.replicate 0 1) ];
    expected = [ [ "a" "a" "a" ] [ ] ];
  }
  {
    name = "range";
    expr = [ (lib.range 2 5) (lib.range 3 3) (lib.range 3 2) (lib.range (-1) 1) ];
    expected = [ [ 2 3 4 5 ] [ 3 ] [ ] [ (-1) 0 1 ] ];
  }
  {
    name = "foldr";
    expr = lib.foldr (x: acc: "${toString x}(${acc})") "" [ 1 2 3 ];
    expected = "1(2(3()))";
  }
  {
    name = "foldr-lazy";
    expr = lib.foldr (x: acc: if x == 2 then "stop" else acc) "" [ 1 2 (throw "not reached") ];
    expected = "stop";
  }
  {
    name = "fold-right";
    expr = lib.foldr (a: b: a - b) 0 [ 10 3 2 ];
    expected = 9;
  }
  {
    name = "foldl";
    expr = lib.foldl (a: b: a - b) 0 [ 10 3 2 ];
    expected = -15;
  }
  {
    name = "foldl-strict";
    expr = lib.foldl' (a: b: a + b) 0 (lib.range 1 100);
    expected = 5050;
  }
  {
    name = "imap";
    expr = [ (lib.imap0 (i: v: "${v}-${toString i}") [ "a" "b" ]) (lib.imap1 (i: v: "${v}-${toString i}") [ "a" "b" ]) ];
    expected = [ [ "a-0" "b-1" ] [ "a-1" "b-2" ] ];
  }
  {
    name = "ifilter0";
    expr = lib.ifilter0 (i: v: i == 0 || v > 2) [ 1 2 3 ];
    expected = [ 1 3 ];
  }
  {
    name = "flatten";
    expr = lib.flatten [ 1 [ 2 [ 3 ] [ ] ] [ [ [ 4 ] ] ] ];
    expected = [ 1 2 3 4 ];
  }
  {
    name = "flatten-scalar";
    expr = lib.flatten 1;
    expected = [ 1 ];
  }
  {
    name = "remove";
    expr = lib.remove 3 [ 1 3 4 3 ];
    expected = [ 1 4 ];
  }
  {
    name = "count";
    expr = lib.count (x: x == 3) [ 3 2 3 4 6 ];
    expected = 2;
  }
  {
    name = "findFirst";
    expr = [ (lib.findFirst (x: x > 3) 7 [ 1 6 4 ]) (lib.findFirst (x: x > 9) 7 [ 1 6 4 ]) ];
    expected = [ 6 7 ];
  }
  {
    name = "findFirst-lazy";
    expr = lib.findFirst (x: x > 3) 7 [ 1 6 (throw "not reached") ];
    expected = 6;
  }
  {
    name = "findFirst-lazy-element";
    expr = builtins.isInt (lib.lists.findFirstIndex (x: true) null [ (throw "not looked at") ]);
    expected = true;
  }
  {
    name = "findFirstIndex";
    expr = [ (lib.lists.findFirstIndex (x: x > 3) null [ 0 6 4 ]) (lib.lists.findFirstIndex (x: x > 9) null [ 0 6 4 ]) ];
    expected = [ 1 null ];
  }
  {
    name = "findSingle";
    expr = [ (lib.findSingle (x: x == 3) "none" "several" [ 1 3 3 ]) (lib.findSingle (x: x == 3) "none" "several" [ 1 3 ]) (lib.findSingle (x: x == 3) "none" "several" [ 1 9 ]) ];
    expected = [ "several" 3 "none" ];
  }
  {
    name = "last-init";
    expr = [ (lib.last [ 1 2 3 ]) (lib.init [ 1 2 3 ]) (lib.head [ 1 2 ]) (lib.tail [ 1 2 ]) ];
    expected = [ 3 [ 1 2 ] 1 [ 2 ] ];
  }
  {
    name = "last-empty";
    expr = (builtins.tryEval (lib.last [ ])).success;
    expected = false;
  }
  {
    name = "init-empty";
    expr = (builtins.tryEval (lib.init [ ])).success;
    expected = false;
  }
  {
    name = "sublist";
    expr = [ (lib.sublist 1 3 [ "a" "b" "c" "d" "e" ]) (lib.sublist 1 3 [ ]) (lib.sublist 3 9 [ 1 2 3 4 ]) (lib.sublist 1 0 [ 1 2 ]) ];
    expected = [ [ "b" "c" "d" ] [ ] [ 4 ] [ ] ];
  }
  {
    name = "take-drop";
    expr = [ (lib.take 2 [ 1 2 3 ]) (lib.take 9 [ 1 ]) (lib.drop 2 [ 1 2 3 ]) (lib.drop 9 [ 1 ]) (lib.take 0 [ 1 ]) (lib.drop 0 [ 1 ]) ];
    expected = [ [ 1 2 ] [ 1 ] [ 3 ] [ ] [ ] [ 1 ] ];
  }
  {
    name = "takeEnd-dropEnd";
    expr = [ (lib.takeEnd 2 [ 1 2 3 ]) (lib.takeEnd 9 [ 1 2 ]) (lib.dropEnd 2 [ 1 2 3 ]) (lib.dropEnd 9 [ 1 2 ]) (lib.takeEnd 0 [ 1 ]) ];
    expected = [ [ 2 3 ] [ 1 2 ] [ 1 ] [ ] [ ] ];
  }
  {
    name = "reverseList";
    expr = [ (lib.reverseList [ 1 2 3 ]) (lib.reverseList [ ]) ];
    expected = [ [ 3 2 1 ] [ ] ];
  }
  {
    name = "replaceElemAt";
    expr = lib.replaceElemAt [ "a" "b" "c" ] 1 "x";
    expected = [ "a" "x" "c" ];
  }
  {
    name = "replaceElemAt-outside";
    expr = (builtins.tryEval (lib.replaceElemAt [ "a" ] 1 "x")).success;
    expected = false;
  }
  {
    name = "lists-hasPrefix";
    expr = [ (lib.lists.hasPrefix [ 1 2 ] [ 1 2 3 ]) (lib.lists.hasPrefix [ 0 ] [ 1 ]) (lib.lists.hasPrefix [ 1 2 ] [ 1 ]) ];
    expected = [ true false false ];
  }
  {
    name = "lists-removePrefix";
    expr = lib.lists.removePrefix [ 1 2 ] [ 1 2 3 4 ];
    expected = [ 3 4 ];
  }
  {
    name = "lists-removePrefix-none";
    expr = (builtins.tryEval (lib.lists.removePrefix [ 0 ] [ 1 ])).success;
    expected = false;
  }
  {
    name = "lists-commonPrefix";
    expr = [ (lib.lists.commonPrefix [ 1 2 3 ] [ 1 2 4 5 ]) (lib.lists.commonPrefix [ 1 ] [ 1 2 ]) (lib.lists.commonPrefix [ 0 ] [ 1 ]) ];
    expected = [ [ 1 2 ] [ 1 ] [ ] ];
  }
  {
    name = "zipLists";
    expr = lib.zipLists [ 1 2 3 ] [ "a" "b" ];
    expected = [ { fst = 1; snd = "a"; } { fst = 2; snd = "b"; } ];
  }
  {
    name = "zipListsWith";
    expr = lib.zipListsWith (a: b: a + b) [ 1 2 ] [ 3 4 5 ];
    expected = [ 4 6 ];
  }
  {
    name = "crossLists";
    expr = lib.crossLists (x: y: "${toString x}${toString y}") [ [ 1 2 ] [ 3 4 ] ];
    expected = [ "13" "14" "23" "24" ];
  }
  {
    name = "groupBy";
    expr = lib.groupBy (x: if x > 2 then "big" else "small") [ 1 5 2 7 ];
    expected = { big = [ 5 7 ]; small = [ 1 2 ]; };
  }
  {
    name = "groupBy-fold";
    expr = lib.groupBy' builtins.add 0 (x: if x > 2 then "big" else "small") [ 1 5 2 7 ];
    expected = { big = 12; small = 3; };
  }
  {
    name = "partition";
    expr = lib.partition (x: x > 2) [ 5 1 2 3 4 ];
    expected = { right = [ 5 3 4 ]; wrong = [ 1 2 ]; };
  }
  {
    name = "sort";
    expr = lib.sort (a: b: a < b) [ 5 3 7 ];
    expected = [ 3 5 7 ];
  }
  {
    name = "sortOn";
    expr = lib.sortOn lib.stringLength [ "aa" "b" "cccc" "d" ];
    expected = [ "b" "d" "aa" "cccc" ];
  }
  {
    name = "sortOn-stable";
    expr = lib.sortOn (x: x.k) [ { k = 2; n = 1; } { k = 1; n = 2; } { k = 2; n = 3; } { k = 1; n = 4; } ];
    expected = [ { k = 1; n = 2; } { k = 1; n = 4; } { k = 2; n = 1; } { k = 2; n = 3; } ];
  }
  {
    name = "compareLists";
    expr = [ (lib.compareLists lib.compare [ ] [ ]) (lib.compareLists lib.compare [ ] [ "a" ]) (lib.compareLists lib.compare [ "b" ] [ "a" "z" ]) (lib.compareLists lib.compare [ "a" "b" ] [ "a" "c" ]) ];
    expected = [ 0 (-1) 1 (-1) ];
  }
  {
    name = "naturalSort";
    expr = lib.naturalSort [ "disk11" "disk8" "disk100" "disk9" ];
    expected = [ "disk8" "disk9" "disk11" "disk100" ];
  }
  {
    name = "naturalSort-parts";
    expr = lib.naturalSort [ "10.54.16.2" "10.5.16.2" "v0.15" "v0.9" "v0.0.9" "a" ];
    expected = [ "10.5.16.2" "10.54.16.2" "a" "v0.0.9" "v0.9" "v0.15" ];
  }
  {
    name = "unique";
    expr = lib.unique [ 3 2 3 4 ];
    expected = [ 3 2 4 ];
  }
  {
    name = "unique-order";
    expr = lib.unique [ "b" "a" "b" "c" "a" ];
    expected = [ "b" "a" "c" ];
  }
  {
    name = "unique-long";
    expr = lib.unique (map (i: "k${toString (lib.mod (i * 7) 11)}") (lib.range 1 60));
    expected = [ "k7" "k3" "k10" "k6" "k2" "k9" "k5" "k1" "k8" "k4" "k0" ];
  }
  {
    name = "unique-long-ints";
    expr = lib.unique (map (i: lib.mod (i * 5) 7) (lib.range 1 60));
    expected = [ 5 3 1 6 4 2 0 ];
  }
  {
    name = "unique-mixed";
    expr = lib.unique [ 1 1.0 "1" [ 1 ] [ 1 ] { a = 1; } { a = 1; } null null ];
    expected = [ 1 "1" [ 1 ] { a = 1; } null ];
  }
  {
    name = "unique-sets";
    expr = lib.length (lib.unique (map (i: { n = lib.mod i 5; }) (lib.range 1 40)));
    expected = 5;
  }
  {
    name = "unique-single-lazy";
    expr = lib.length (lib.unique [ (throw "not looked at") ]);
    expected = 1;
  }
  {
    name = "uniqueStrings";
    expr = lib.uniqueStrings [ "foo" "bar" "foo" ];
    expected = [ "bar" "foo" ];
  }
  {
    name = "allUnique";
    expr = [ (lib.allUnique [ 3 2 3 ]) (lib.allUnique [ 3 2 4 1 ]) (lib.allUnique [ ]) ];
    expected = [ false true true ];
  }
  {
    name = "intersectLists";
    expr = lib.intersectLists [ 1 2 3 ] [ 6 3 2 ];
    expected = [ 3 2 ];
  }
  {
    name = "subtractLists";
    expr = lib.subtractLists [ 3 2 ] [ 1 2 3 4 5 3 ];
    expected = [ 1 4 5 ];
  }
  {
    name = "subtractLists-long";
    expr = lib.subtractLists (map toString (lib.range 1 40)) [ "0" "5" "41" "40" ];
    expected = [ "0" "41" ];
  }
  {
    name = "subtractLists-long-mixed";
    expr = lib.subtractLists (map toString (lib.range 1 40)) [ 1 "5" "41" ];
    expected = [ 1 "41" ];
  }
  {
    name = "mutuallyExclusive";
    expr = [ (lib.mutuallyExclusive [ 1 ] [ 2 ]) (lib.mutuallyExclusive [ 1 2 ] [ 2 ]) ];
    expected = [ true false ];
  }
  {
    name = "concatAttrValues";
    expr = lib.lists.concatAttrValues { a = [ 1 ]; b = [ 2 3 ]; };
    expected = [ 1 2 3 ];
  }
  {
    name = "any-all";
    expr = [ (lib.any (x: x > 2) [ 1 3 ]) (lib.all (x: x > 2) [ 1 3 ]) (lib.elem 2 [ 1 2 ]) (lib.elemAt [ 1 2 ] 1) ];
    expected = [ true false true 2 ];
  }
  {
    name = "concatMap";
    expr = lib.concatMap (x: [ x x ]) [ 1 2 ];
    expected = [ 1 1 2 2 ];
  }
  {
    name = "listDfs";
    expr = lib.listDfs true lib.hasPrefix [ "/home/user" "other" "/" "/home" ];
    expected = { minimal = "/"; rest = [ "/home" "other" ]; visited = [ "/home/user" ]; };
  }
  {
    name = "listDfs-cycle";
    expr = lib.listDfs true lib.hasPrefix [ "/home/user" "other" "/" "/home" "/" ];
    expected = { cycle = "/"; loops = [ "/" ]; rest = [ "/home" "other" ]; visited = [ "/" "/home/user" ]; };
  }
  {
    name = "toposort";
    expr = lib.toposort lib.hasPrefix [ "/home/user" "other" "/" "/home" ];
    expected = { result = [ "/" "/home" "/home/user" "other" ]; };
  }
  {
    name = "toposort-numbers";
    expr = lib.toposort (a: b: a < b) [ 3 2 1 ];
    expected = { result = [ 1 2 3 ]; };
  }
  {
    name = "toposort-cycle";
    expr = lib.toposort lib.hasPrefix [ "/home/user" "other" "/" "/home" "/" ];
    expected = { cycle = [ "/home/user" "/" "/" ]; loops = [ "/" ]; };
  }
  {
    name = "toposort-short";
    expr = [ (lib.toposort (a: b: a < b) [ ]) (lib.toposort (a: b: a < b) [ 1 ]) ];
    expected = [ { result = [ ]; } { result = [ 1 ]; } ];
  }
  {
    name = "toposort-graph";
    expr = lib.toposort (a: b: lib.elem a { app = [ "lib" "log" ]; lib = [ "base" ]; log = [ "base" ]; base = [ ]; }.${b}) [ "app" "base" "lib" "log" ];
    expected = { result = [ "base" "lib" "log" "app" ]; };
  }
  # attrsets
  {
    name = "attrByPath";
    expr = [ (lib.attrByPath [ "a" "b" ] 6 { a.b = 3; }) (lib.attrByPath [ "z" "z" ] 6 { a.b = 3; }) (lib.attrByPath [ "a" "b" "c" ] 6 { a.b = 3; }) (lib.attrByPath [ ] 1 2) ];
    expected = [ 3 6 6 2 ];
  }
  {
    name = "hasAttrByPath";
    expr = [ (lib.hasAttrByPath [ "a" "b" ] { a.b = 3; }) (lib.hasAttrByPath [ "a" "c" ] { a.b = 3; }) (lib.hasAttrByPath [ "a" "b" "c" ] { a.b = 3; }) (lib.hasAttrByPath [ ] { }) ];
    expected = [ true false false true ];
  }
  {
    name = "longestValidPathPrefix";
    expr = [ (lib.attrsets.longestValidPathPrefix [ "a" "b" "c" ] { a.b = 3; }) (lib.attrsets.longestValidPathPrefix [ "x" ] { }) ];
    expected = [ [ "a" "b" ] [ ] ];
  }
  {
    name = "setAttrByPath";
    expr = lib.setAttrByPath [ "a" "b" ] 3;
    expected = { a = { b = 3; }; };
  }
  {
    name = "getAttrFromPath";
    expr = lib.getAttrFromPath [ "a" "b" ] { a.b = 3; };
    expected = 3;
  }
  {
    name = "concatMapAttrs";
    expr = lib.concatMapAttrs (n: v: { ${n} = v; "${n}-x" = v + 1; }) { a = 1; b = 2; };
    expected = { a = 1; a-x = 2; b = 2; b-x = 3; };
  }
  {
    name = "updateManyAttrsByPath";
    expr = lib.updateManyAttrsByPath [ { path = [ "a" "b" ]; update = old: { d = old.c; }; } { path = [ "a" "b" "c" ]; update = old: old + 1; } { path = [ "x" "y" ]; update = old: "xy"; } ] { a.b.c = 0; };
    expected = { a = { b = { d = 1; }; }; x = { y = "xy"; }; };
  }
  {
    name = "updateManyAttrsByPath-order";
    expr = lib.updateManyAttrsByPath [ { path = [ "a" ]; update = old: old + 1; } { path = [ "a" ]; update = old: old * 10; } ] { a = 1; };
    expected = { a = 20; };
  }
  {
    name = "updateManyAttrsByPath-root";
    expr = lib.updateManyAttrsByPath [ { path = [ ]; update = old: old // { z = 1; }; } ] { a = 1; };
    expected = { a = 1; z = 1; };
  }
  {
    name = "updateManyAttrsByPath-missing";
    expr = (builtins.tryEval (builtins.deepSeq (lib.updateManyAttrsByPath [ { path = [ "q" ]; update = old: old + 1; } ] { }) 1)).success;
    expected = false;
  }
  {
    name = "updateManyAttrsByPath-not-a-set";
    expr = (builtins.tryEval (builtins.deepSeq (lib.updateManyAttrsByPath [ { path = [ "a" "b" ]; update = old: 1; } ] { a = 1; }) 1)).success;
    expected = false;
  }
  {
    name = "attrVals";
    expr = lib.attrVals [ "b" "a" ] { a = 1; b = 2; c = 3; };
    expected = [ 2 1 ];
  }
  {
    name = "getAttrs";
    expr = lib.getAttrs [ "a" "b" ] { a = 1; b = 2; c = 3; };
    expected = { a = 1; b = 2; };
  }
  {
    name = "genAttrs";
    expr = lib.genAttrs [ "foo" "bar" ] (n: "x_" + n);
    expected = { bar = "x_bar"; foo = "x_foo"; };
  }
  {
    name = "genAttrs-prime";
    expr = lib.genAttrs' [ 1 2 ] (i: lib.nameValuePair "k${toString i}" i);
    expected = { k1 = 1; k2 = 2; };
  }
  {
    name = "attrsToList";
    expr = lib.attrsToList { a = 1; b = 2; };
    expected = [ { name = "a"; value = 1; } { name = "b"; value = 2; } ];
  }
  {
    name = "catAttrs";
    expr = lib.catAttrs "a" [ { a = 1; } { b = 0; } { a = 2; } ];
    expected = [ 1 2 ];
  }
  {
    name = "filterAttrs";
    expr = lib.filterAttrs (n: v: n == "foo" || v > 2) { foo = 1; bar = 2; baz = 3; };
    expected = { baz = 3; foo = 1; };
  }
  {
    name = "filterAttrsRecursive";
    expr = lib.filterAttrsRecursive (n: v: v != null) { a = { x = null; y = 1; }; b = null; c = [ null ]; };
    expected = { a = { y = 1; }; c = [ null ]; };
  }
  {
    name = "foldlAttrs";
    expr = lib.foldlAttrs (acc: n: v: { sum = acc.sum + v; names = acc.names ++ [ n ]; }) { sum = 0; names = [ ]; } { foo = 1; bar = 10; };
    expected = { names = [ "bar" "foo" ]; sum = 11; };
  }
  {
    name = "foldAttrs";
    expr = lib.foldAttrs (item: acc: [ item ] ++ acc) [ ] [ { a = 2; } { a = 3; b = 1; } ];
    expected = { a = [ 2 3 ]; b = [ 1 ]; };
  }
  {
    name = "collect";
    expr = lib.collect lib.isList { a.b = [ "b" ]; c = [ 1 ]; d = 2; };
    expected = [ [ "b" ] [ 1 ] ];
  }
  {
    name = "collect-sets";
    expr = lib.collect (x: x ? p) { a.p = 1; b.c.p = 2; };
    expected = [ { p = 1; } { p = 2; } ];
  }
  {
    name = "cartesianProduct";
    expr = lib.cartesianProduct { a = [ 1 2 ]; b = [ 10 20 ]; };
    expected = [ { a = 1; b = 10; } { a = 1; b = 20; } { a = 2; b = 10; } { a = 2; b = 20; } ];
  }
  {
    name = "cartesianProduct-edges";
    expr = [ (lib.cartesianProduct { }) (lib.cartesianProduct { a = [ 1 ]; b = [ ]; }) ];
    expected = [ [ { } ] [ ] ];
  }
  {
    name = "mapCartesianProduct";
    expr = lib.mapCartesianProduct ({ a, b }: "${a}-${b}") { a = [ "1" "2" ]; b = [ "3" "4" ]; };
    expected = [ "1-3" "1-4" "2-3" "2-4" ];
  }
  {
    name = "nameValuePair";
    expr = lib.nameValuePair "some" 6;
    expected = { name = "some"; value = 6; };
  }
  {
    name = "mapAttrs";
    expr = lib.mapAttrs (n: v: n + v) { a = "1"; b = "2"; };
    expected = { a = "a1"; b = "b2"; };
  }
  {
    name = "mapAttrs-prime";
    expr = lib.mapAttrs' (n: v: lib.nameValuePair ("foo_" + n) ("bar-" + v)) { x = "a"; y = "b"; };
    expected = { foo_x = "bar-a"; foo_y = "bar-b"; };
  }
  {
    name = "mapAttrsToList";
    expr = lib.mapAttrsToList (n: v: n + v) { x = "a"; y = "b"; };
    expected = [ "xa" "yb" ];
  }
  {
    name = "mapAttrsRecursive";
    expr = lib.mapAttrsRecursive (path: v: lib.concatStringsSep "-" (path ++ [ v ])) { n = { a = "A"; m = { b = "B"; c = "C"; }; }; d = "D"; };
    expected = { d = "d-D"; n = { a = "n-a-A"; m = { b = "n-m-b-B"; c = "n-m-c-C"; }; }; };
  }
  {
    name = "mapAttrsRecursiveCond";
    expr = lib.mapAttrsRecursiveCond (s: !(s ? stop)) (path: v: if builtins.isAttrs v then "set" else v) { a = { stop = 1; }; b.c = 2; };
    expected = { a = "set"; b = { c = 2; }; };
  }
  {
    name = "mapAttrsToListRecursive";
    expr = lib.mapAttrsToListRecursive (path: v: "${lib.concatStringsSep "." path}=${toString v}") { a.b = 1; c = 2; };
    expected = [ "a.b=1" "c=2" ];
  }
  {
    name = "mapAttrsToListRecursiveCond";
    expr = lib.mapAttrsToListRecursiveCond (path: s: !(s ? stop)) (path: v: lib.length path) { a = { stop = 1; }; b.c = 2; };
    expected = [ 1 2 ];
  }
  {
    name = "mergeAttrsList";
    expr = [ (lib.mergeAttrsList [ { a = 0; b = 1; } { c = 2; b = 3; } { a = 9; } ]) (lib.mergeAttrsList [ ]) (lib.mergeAttrsList [ { a = 1; } ]) ];
    expected = [ { a = 9; b = 3; c = 2; } { } { a = 1; } ];
  }
  {
    name = "recursiveUpdate";
    expr = lib.recursiveUpdate { boot.loader = { enable = true; device = "/dev/hda"; }; x = 1; } { boot.loader.device = ""; y.z = 2; };
    expected = { boot = { loader = { device = ""; enable = true; }; }; x = 1; y = { z = 2; }; };
  }
  {
    name = "recursiveUpdate-replace";
    expr = lib.recursiveUpdate { a = { b = 1; }; c = [ 1 ]; } { a = 3; c = [ 2 ]; };
    expected = { a = 3; c = [ 2 ]; };
  }
  {
    name = "recursiveUpdate-lazy";
    expr = (lib.recursiveUpdate { a = throw "unused"; b = 1; } { c = 1; }).b;
    expected = 1;
  }
  {
    name = "recursiveUpdateUntil";
    expr = lib.recursiveUpdateUntil (path: l: r: path == [ "foo" ]) { foo.bar = 1; foo.baz = 2; bar = 3; s.t = 1; } { foo.bar = 1; foo.quz = 2; baz = 4; s = { u = 1; }; };
    expected = { bar = 3; baz = 4; foo = { bar = 1; quz = 2; }; s = { t = 1; u = 1; }; };
  }
  {
    name = "overrideExisting";
    expr = lib.overrideExisting { a = 1; b = 2; } { b = 3; c = 4; };
    expected = { a = 1; b = 3; };
  }
  {
    name = "unionOfDisjoint";
    expr = lib.attrsets.unionOfDisjoint { a = 1; } { b = 2; };
    expected = { a = 1; b = 2; };
  }
  {
    name = "unionOfDisjoint-clash";
    expr = (builtins.tryEval (lib.attrsets.unionOfDisjoint { a = 1; } { a = 2; }).a).success;
    expected = false;
  }
  {
    name = "unionOfDisjoint-other";
    expr = (lib.attrsets.unionOfDisjoint { a = 1; c = 3; } { a = 2; }).c;
    expected = 3;
  }
  {
    name = "matchAttrs";
    expr = [ (lib.matchAttrs { cpu = { }; } { cpu = { bits = 64; }; }) (lib.matchAttrs { a.b = 1; } { a.b = 2; }) (lib.matchAttrs { a.b = 1; } { a = { b = 1; c = 2; }; d = 1; }) (lib.matchAttrs { x = 1; } { }) ];
    expected = [ true false true false ];
  }
  {
    name = "zipAttrsWith";
    expr = lib.zipAttrsWith (n: vs: vs) [ { a = "x"; } { a = "y"; b = "z"; } ];
    expected = { a = [ "x" "y" ]; b = [ "z" ]; };
  }
  {
    name = "zipAttrsWithNames";
    expr = lib.zipAttrsWithNames [ "a" ] (n: vs: vs) [ { a = "x"; } { a = "y"; b = "z"; } ];
    expected = { a = [ "x" "y" ]; };
  }
  {
    name = "zipAttrs";
    expr = lib.zipAttrs [ { a = "x"; } { a = "y"; b = "z"; } ];
    expected = { a = [ "x" "y" ]; b = [ "z" ]; };
  }
  {
    name = "optionalAttrs";
    expr = [ (lib.optionalAttrs true { a = 1; }) (lib.optionalAttrs false { a = 1; }) ];
    expected = [ { a = 1; } { } ];
  }
  {
    name = "isDerivation";
    expr = map lib.isDerivation [ { type = "derivation"; } { type = 1; } { } 3 "x" ];
    expected = [ true false false false false ];
  }
  {
    name = "getOutput";
    expr = [ (lib.getBin { bin = "b"; out = "o"; }) (lib.getBin { out = "o"; }) (lib.getLib { lib = "l"; }) (lib.getDev { outputSpecified = true; dev = "d"; x = 1; }) ];
    expected = [ "b" "o" "l" { dev = "d"; outputSpecified = true; x = 1; } ];
  }
  {
    name = "getFirstOutput";
    expr = [ (lib.getFirstOutput [ "include" "dev" ] { dev = "d"; out = "o"; }) (lib.getFirstOutput [ "x" ] { out = "o"; }) ];
    expected = [ "d" { out = "o"; } ];
  }
  {
    name = "recurseIntoAttrs";
    expr = [ (lib.recurseIntoAttrs { a = 1; }) (lib.dontRecurseIntoAttrs { a = 1; }) ];
    expected = [ { a = 1; recurseForDerivations = true; } { a = 1; recurseForDerivations = false; } ];
  }
  {
    name = "showAttrPath";
    expr = [ (lib.showAttrPath [ "foo" "10" "b c" ]) (lib.showAttrPath [ ]) ];
    expected = [ "foo.\"10\".\"b c\"" "<root attribute path>" ];
  }
  {
    name = "intersectAttrs";
    expr = lib.intersectAttrs { a = 1; } { a = 2; b = 3; };
    expected = { a = 2; };
  }
  {
    name = "removeAttrs";
    expr = lib.removeAttrs { a = 1; b = 2; } [ "a" "z" ];
    expected = { b = 2; };
  }
  # strings
  {
    name = "concatStrings";
    expr = lib.concatStrings [ "foo" "bar" ];
    expected = "foobar";
  }
  {
    name = "concatLines";
    expr = [ (lib.concatLines [ "foo" "bar" ]) (lib.concatLines [ ]) ];
    expected = [ "foo\nbar\n" "" ];
  }
  {
    name = "concatMapStrings";
    expr = lib.concatMapStrings (x: "a" + x) [ "foo" "bar" ];
    expected = "afooabar";
  }
  {
    name = "concatMapStringsSep";
    expr = lib.concatMapStringsSep "-" lib.toUpper [ "foo" "bar" ];
    expected = "FOO-BAR";
  }
  {
    name = "concatImapStrings";
    expr = [ (lib.concatImapStrings (i: x: "${toString i}-${x}") [ "foo" "bar" ]) (lib.concatImapStringsSep "-" (i: x: x + toString i) [ "foo" "bar" ]) ];
    expected = [ "1-foo2-bar" "foo1-bar2" ];
  }
  {
    name = "concatMapAttrsStringSep";
    expr = lib.concatMapAttrsStringSep "\n" (n: v: "${n}: foo-${v}") { a = "0"; b = "1"; };
    expected = "a: foo-0\nb: foo-1";
  }
  {
    name = "intersperse";
    expr = [ (lib.intersperse "/" [ "usr" "local" "bin" ]) (lib.intersperse "/" [ ]) (lib.intersperse "/" [ "a" ]) ];
    expected = [ [ "usr" "/" "local" "/" "bin" ] [ ] [ "a" ] ];
  }
  {
    name = "strings-replicate";
    expr = [ (lib.strings.replicate 3 "v") (lib.strings.replicate 0 "v") ];
    expected = [ "vvv" "" ];
  }
  {
    name = "optionalString";
    expr = [ (lib.optionalString true "a") (lib.optionalString false "a") ];
    expected = [ "a" "" ];
  }
  {
    name = "hasPrefix";
    expr = [ (lib.hasPrefix "foo" "foobar") (lib.hasPrefix "foo" "barfoo") (lib.hasPrefix "" "") (lib.hasPrefix "long" "lo") ];
    expected = [ true false true false ];
  }
  {
    name = "hasSuffix";
    expr = [ (lib.hasSuffix "foo" "foobar") (lib.hasSuffix "foo" "barfoo") (lib.hasSuffix "" "x") (lib.hasSuffix "long" "ng") ];
    expected = [ false true true false ];
  }
  {
    name = "hasInfix";
    expr = [ (lib.hasInfix "bc" "abcd") (lib.hasInfix "x" "abcd") (lib.hasInfix "" "abcd") (lib.hasInfix "b.d" "abcd") (lib.hasInfix "abcd" "bc") (lib.hasInfix "" "") ];
    expected = [ true false true false false true ];
  }
  {
    name = "hasInfix-lines";
    expr = lib.hasInfix "b" "a\nb\nc";
    expected = true;
  }
  {
    name = "removePrefix";
    expr = [ (lib.removePrefix "foo." "foo.bar.baz") (lib.removePrefix "xxx" "foo.bar.baz") (lib.removePrefix "a" "a") ];
    expected = [ "bar.baz" "foo.bar.baz" "" ];
  }
  {
    name = "removeSuffix";
    expr = [ (lib.removeSuffix "front" "homefront") (lib.removeSuffix "xxx" "homefront") (lib.removeSuffix "" "x") (lib.removeSuffix "xx" "x") ];
    expected = [ "home" "homefront" "x" "x" ];
  }
  {
    name = "replaceString";
    expr = lib.replaceString "world" "Nix" "Hello, world! world";
    expected = "Hello, Nix! Nix";
  }
  {
    name = "stringToCharacters";
    expr = lib.stringToCharacters "abc";
    expected = [ "a" "b" "c" ];
  }
  {
    name = "stringAsChars";
    expr = lib.stringAsChars (x: if x == "a" then "i" else x) "nax";
    expected = "nix";
  }
  {
    name = "charToInt";
    expr = map lib.strings.charToInt [ "A" "~" " " "0" "\n" ];
    expected = [ 65 126 32 48 10 ];
  }
  {
    name = "trim";
    expr = map lib.trim [ "  hi there \t\n" "" "   " "x" ];
    expected = [ "hi there" "" "" "x" ];
  }
  {
    name = "trimWith";
    expr = [ (lib.strings.trimWith { start = true; } "  a ") (lib.strings.trimWith { end = true; } "  a ") (lib.strings.trimWith { } " a ") ];
    expected = [ "a " "  a" " a " ];
  }
  {
    name = "trim-lines";
    expr = lib.trim "\n a\n b \n";
    expected = "a\n b";
  }
  {
    name = "commonPrefixLength";
    expr = [ (lib.strings.commonPrefixLength "abcd" "abxx") (lib.strings.commonSuffixLength "xxcd" "abcd") (lib.strings.commonPrefixLength "" "a") (lib.strings.commonSuffixLength "ab" "ab") ];
    expected = [ 2 2 0 2 ];
  }
  {
    name = "splitString";
    expr = [ (lib.splitString "." "foo.bar.baz") (lib.splitString "/" "/usr/local/") (lib.splitString "," "") (lib.splitString "ab" "1ab2ab") ];
    expected = [ [ "foo" "bar" "baz" ] [ "" "usr" "local" "" ] [ "" ] [ "1" "2" "" ] ];
  }
  {
    name = "splitString-special";
    expr = [ (lib.splitString "|" "a|b") (lib.splitString "[" "a[b") (lib.splitString "*" "a**b") (lib.splitString "\\" "a\\b") ];
    expected = [ [ "a" "b" ] [ "a" "b" ] [ "a" "" "b" ] [ "a" "b" ] ];
  }
  {
    name = "splitStringBy";
    expr = [ (lib.splitStringBy (p: c: lib.elem c [ "." "-" ]) false "foo.bar-baz") (lib.splitStringBy (p: c: c == ".") true ".a.b") (lib.splitStringBy (p: c: true) false "") (lib.splitStringBy (p: c: c == ".") false ".a.") ];
    expected = [ [ "foo" "bar" "baz" ] [ "" ".a" ".b" ] [ "" ] [ "" "a" "" ] ];
  }
  {
    name = "makeSearchPath";
    expr = [ (lib.makeSearchPath "bin" [ "/root" "/usr" "/usr/local" ]) (lib.makeSearchPath "bin" [ "" null "/a" ]) (lib.makeSearchPath "bin" [ ]) ];
    expected = [ "/root/bin:/usr/bin:/usr/local/bin" "/bin:/a/bin" "" ];
  }
  {
    name = "makeBinPath";
    expr = [ (lib.makeBinPath [ { outPath = "/p"; bin = "/pb"; } { outPath = "/q"; } ]) (lib.makeLibraryPath [ "/a" "/b" ]) (lib.makeIncludePath [ { dev = "/d"; } ]) ];
    expected = [ "/pb/bin:/q/bin" "/a/lib:/b/lib" "/d/include" ];
  }
  {
    name = "normalizePath";
    expr = map lib.strings.normalizePath [ "/a//b///c/" "a//b" "//" "/" "" "/a" ];
    expected = [ "/a/b/c/" "a/b" "/" "/" "" "/a" ];
  }
  {
    name = "escape";
    expr = lib.escape [ "(" ")" ] "(foo)";
    expected = "\\(foo\\)";
  }
  {
    name = "escapeC";
    expr = lib.strings.escapeC [ " " "\n" ] "Hello World\n";
    expected = "Hello\\x20World\\x0a";
  }
  {
    name = "escapeURL";
    expr = lib.escapeURL "hello world/~%.-_+ü";
    expected = "hello%20world%2F~%25.-_%2Bü";
  }
  {
    name = "escapeShellArg";
    expr = map lib.escapeShellArg [ "esc'ape\nme" "plain-1.0_x:@%/+," "" "a b" "$x" "a=b" "~" "é" ];
    expected = [ "'esc'\\''ape\nme'" "plain-1.0_x:@%/+," "''" "'a b'" "'$x'" "'a=b'" "'~'" "'é'" ];
  }
  {
    name = "escapeShellArg-values";
    expr = [ (lib.escapeShellArg 12) (lib.escapeShellArg [ 1 "b" ]) (lib.escapeShellArg true) (lib.escapeShellArg null) ];
    expected = [ "12" "'1 b'" "1" "''" ];
  }
  {
    name = "escapeShellArgs";
    expr = lib.escapeShellArgs [ "one" "two three" "four'five" ];
    expected = "one 'two three' 'four'\\''five'";
  }
  {
    name = "escapeNixString";
    expr = lib.strings.escapeNixString "hello\${}\n\"x\"";
    expected = "\"hello\\\${}\\n\\\"x\\\"\"";
  }
  {
    name = "escapeNixIdentifier";
    expr = map lib.strings.escapeNixIdentifier [ "hello" "0abc" "a'b-c" "in" "a b" "$" ];
    expected = [ "hello" "\"0abc\"" "a'b-c" "\"in\"" "\"a b\"" "\"\\$\"" ];
  }
  {
    name = "escapeRegex";
    expr = lib.escapeRegex "[^a-z]*.|{}$?+()\\";
    expected = "\\[\\^a-z]\\*\\.\\|\\{}\\$\\?\\+\\(\\)\\\\";
  }
  {
    name = "escapeXML";
    expr = lib.escapeXML ''"test" 'test' < & >'';
    expected = "&quot;test&quot; &apos;test&apos; &lt; &amp; &gt;";
  }
  {
    name = "isValidPosixName";
    expr = map lib.isValidPosixName [ "_a1" "1a" "a-b" "" ];
    expected = [ true false false false ];
  }
  {
    name = "toShellVar";
    expr = [ (lib.toShellVar "a" "x y") (lib.toShellVar "a" [ "x" "y z" ]) (lib.toShellVar "a" { k = "v w"; "b c" = 1; }) (lib.toShellVar "n" 1) ];
    expected = [ "a='x y'" "declare -a a=(x 'y z')" "declare -A a=(['b c']=1 [k]='v w')" "n=1" ];
  }
  {
    name = "toShellVar-bad";
    expr = (builtins.tryEval (lib.toShellVar "a-b" 1)).success;
    expected = false;
  }
  {
    name = "toShellVars";
    expr = lib.toShellVars { foo = 1; bar = [ "a" ]; };
    expected = "declare -a bar=(a)\nfoo=1";
  }
  {
    name = "toLower-toUpper";
    expr = [ (lib.toLower "HOMe 1É") (lib.toUpper "home 1é") ];
    expected = [ "home 1É" "HOME 1é" ];
  }
  {
    name = "toSentenceCase";
    expr = map lib.toSentenceCase [ "home" "hOME x" "" ];
    expected = [ "Home" "Home x" "" ];
  }
  {
    name = "toCamelCase";
    expr = map lib.toCamelCase [ "hello-world" "hello_world foo" "HelloWorld" "fooBar-baz" "" "x" ];
    expected = [ "helloWorld" "helloWorldFoo" "helloWorld" "fooBarBaz" "" "x" ];
  }
  {
    name = "versionOlder";
    expr = [ (lib.versionOlder "1.1" "1.2") (lib.versionOlder "1.1" "1.1") (lib.versionAtLeast "1.1" "1.0") (lib.versionAtLeast "1.1" "1.2") (lib.versionOlder "1.0pre" "1.0") ];
    expected = [ true false true false true ];
  }
  {
    name = "getName";
    expr = [ (lib.getName "youtube-dl-2016.01.01") (lib.getName { pname = "x"; }) (lib.getName { name = "a-b-1.2"; }) ];
    expected = [ "youtube-dl" "x" "a-b" ];
  }
  {
    name = "getVersion";
    expr = [ (lib.getVersion "youtube-dl-2016.01.01") (lib.getVersion { version = "3"; }) (lib.getVersion { name = "a-b-1.2"; }) ];
    expected = [ "2016.01.01" "3" "1.2" ];
  }
  {
    name = "nameFromURL";
    expr = lib.nameFromURL "https://example.org/pool/nix-1.7.tar.bz2" "-";
    expected = "nix";
  }
  {
    name = "sanitizeDerivationName";
    expr = map lib.strings.sanitizeDerivationName [ "../hello.bar # foo" "" "..." "ok-1.0" "a  b" "/x/" ];
    expected = [ "-hello.bar-foo" "unknown" "unknown" "ok-1.0" "a-b" "-x-" ];
  }
  {
    name = "sanitizeDerivationName-long";
    expr = lib.stringLength (lib.strings.sanitizeDerivationName (lib.strings.replicate 300 "a"));
    expected = 207;
  }
  {
    name = "cmake";
    expr = [ (lib.cmakeBool "ENABLE" false) (lib.cmakeFeature "F" "value") (lib.cmakeOptionType "string" "ENGINE" "sdl2") ];
    expected = [ "-DENABLE:BOOL=FALSE" "-DF:STRING=value" "-DENGINE:STRING=sdl2" ];
  }
  {
    name = "meson";
    expr = [ (lib.mesonOption "engine" "opengl") (lib.mesonBool "hardened" true) (lib.mesonEnable "opengl" false) ];
    expected = [ "-Dengine=opengl" "-Dhardened=true" "-Dopengl=disabled" ];
  }
  {
    name = "enableFeature";
    expr = [ (lib.enableFeature true "x") (lib.enableFeature false "x") (lib.enableFeatureAs true "x" "v") (lib.enableFeatureAs false "x" "v") ];
    expected = [ "--enable-x" "--disable-x" "--enable-x=v" "--disable-x" ];
  }
  {
    name = "withFeature";
    expr = [ (lib.withFeature true "x") (lib.withFeature false "x") (lib.withFeatureAs true "x" "v") (lib.withFeatureAs false "x" "v") ];
    expected = [ "--with-x" "--without-x" "--with-x=v" "--without-x" ];
  }
  {
    name = "fixedWidthString";
    expr = [ (lib.fixedWidthString 5 "0" "15") (lib.fixedWidthString 2 "0" "15") (lib.fixedWidthNumber 5 15) ];
    expected = [ "00015" "15" "00015" ];
  }
  {
    name = "fixedWidthString-long";
    expr = (builtins.tryEval (lib.fixedWidthString 1 "0" "15")).success;
    expected = false;
  }
  {
    name = "toInt";
    expr = map lib.toInt [ "1337" "-4" " 123 " "0" ];
    expected = [ 1337 (-4) 123 0 ];
  }
  {
    name = "toInt-bad";
    expr = map (s: (builtins.tryEval (lib.toInt s)).success) [ "00024" "3.14" "" "a1" ];
    expected = [ false false false false ];
  }
  {
    name = "toIntBase10";
    expr = map lib.strings.toIntBase10 [ "1337" "00024" "-4" " 0123 " "000" ];
    expected = [ 1337 24 (-4) 123 0 ];
  }
  {
    name = "toIntBase10-bad";
    expr = map (s: (builtins.tryEval (lib.strings.toIntBase10 s)).success) [ "3.14" "" "x" ];
    expected = [ false false false ];
  }
  {
    name = "isStringLike";
    expr = map lib.isStringLike [ "a" ./. { outPath = "x"; } { __toString = _: ""; } { } 1 null ];
    expected = [ true true true true false false false ];
  }
  {
    name = "isConvertibleWithToString";
    expr = map lib.strings.isConvertibleWithToString [ "a" 1 1.5 true null [ 1 "a" ] [ { } ] { } { outPath = ""; } ];
    expected = [ true true true true true true false false true ];
  }
  {
    name = "isStorePath";
    expr = map lib.isStorePath [ "/nix/store/d945ibfx9x185xf04b890y4f9g3cbb63-python-2.7.11/bin/python" "/nix/store/d945ibfx9x185xf04b890y4f9g3cbb63-python-2.7.11" [ ] "x" "" ];
    expected = [ false true false false false ];
  }
  {
    name = "levenshtein";
    expr = [ (lib.strings.levenshtein "foo" "foo") (lib.strings.levenshtein "book" "hook") (lib.strings.levenshtein "hello" "Heyo") (lib.strings.levenshtein "" "abc") (lib.strings.levenshtein "kitten" "sitting") ];
    expected = [ 0 1 3 3 3 ];
  }
  {
    name = "levenshteinAtMost";
    expr = [ (lib.strings.levenshteinAtMost 0 "foo" "foo") (lib.strings.levenshteinAtMost 1 "foo" "boa") (lib.strings.levenshteinAtMost 2 "foo" "boa") (lib.strings.levenshteinAtMost 2 "This is a" "x") (lib.strings.levenshteinAtMost 3 "hello" "Heyo") ];
    expected = [ true false true false true ];
  }
  {
    name = "floatToString";
    expr = [ (lib.strings.floatToString 0.5) (lib.strings.floatToString 1.0e-3) ];
    expected = [ "0.500000" "0.001000" ];
  }
  {
    name = "join";
    expr = lib.strings.join ", " [ "a" "b" ];
    expected = "a, b";
  }
  {
    name = "parse-names";
    expr = [ (lib.parseDrvName "a-1") (lib.splitVersion "1.2.3pre") ];
    expected = [ { name = "a"; version = "1"; } [ "1" "2" "3" "pre" ] ];
  }
  # versions
  {
    name = "major-minor-patch";
    expr = [ (lib.versions.major "1.2.3") (lib.versions.minor "1.2.3") (lib.versions.patch "1.2.3") (lib.versions.majorMinor "1.2.3") ];
    expected = [ "1" "2" "3" "1.2" ];
  }
  {
    name = "pad";
    expr = [ (lib.versions.pad 3 "1.2") (lib.versions.pad 3 "1.3-rc1") (lib.versions.pad 3 "1.2.3.4") (lib.versions.pad 2 "5") (lib.versions.pad 3 "1-a-b") ];
    expected = [ "1.2.0" "1.3.0-rc1" "1.2.3" "5.0" "1.0.0-a-b" ];
  }
  # asserts
  {
    name = "assertMsg";
    expr = [ (lib.assertMsg true "fine") (builtins.tryEval (lib.assertMsg false "no")).success ];
    expected = [ true false ];
  }
  {
    name = "assertOneOf";
    expr = [ (lib.assertOneOf "ssl" "a" [ "a" "b" ]) (builtins.tryEval (lib.assertOneOf "ssl" "c" [ "a" "b" ])).success ];
    expected = [ true false ];
  }
  {
    name = "assertEachOneOf";
    expr = [ (lib.asserts.assertEachOneOf "ssl" [ "a" ] [ "a" "b" ]) (builtins.tryEval (lib.asserts.assertEachOneOf "ssl" [ "a" "c" ] [ "a" "b" ])).success ];
    expected = [ true false ];
  }
  {
    name = "checkAssertWarn";
    expr = [ (lib.asserts.checkAssertWarn [ { assertion = true; message = ""; } ] [ ] 5) (builtins.tryEval (lib.asserts.checkAssertWarn [ { assertion = false; message = "x"; } ] [ ] 5)).success ];
    expected = [ 5 false ];
  }
  # generators
  {
    name = "toJSON";
    expr = lib.generators.toJSON { } { a = [ 1 null true ]; };
    expected = "{\"a\":[1,null,true]}";
  }
  {
    name = "toYAML";
    expr = lib.generators.toYAML { } { a = 1; };
    expected = "{\"a\":1}";
  }
  {
    name = "mkValueString";
    expr = map (lib.generators.mkValueStringDefault { }) [ 1 "a" true false null 0.5 ];
    expected = [ "1" "a" "true" "false" "null" "0.500000" ];
  }
  {
    name = "mkKeyValue";
    expr = lib.generators.mkKeyValueDefault { } ":" "f:oo" "bar";
    expected = "f\\:oo:bar";
  }
  {
    name = "toKeyValue";
    expr = lib.generators.toKeyValue { } { a = 1; b = "x"; c = true; };
    expected = "a=1\nb=x\nc=true\n";
  }
  {
    name = "toKeyValue-options";
    expr = lib.generators.toKeyValue { listsAsDuplicateKeys = true; indent = "  "; mkKeyValue = lib.generators.mkKeyValueDefault { mkValueString = v: "<${toString v}>"; } " "; } { a = [ 1 2 ]; b = "x"; };
    expected = "  a <1>\n  a <2>\n  b <x>\n";
  }
  {
    name = "toINI";
    expr = lib.generators.toINI { } { foo = { hi = "x"; n = 5; }; "a[b]" = { }; bar.c = false; };
    expected = "[a\\[b\\]]\n\n[bar]\nc=false\n\n[foo]\nhi=x\nn=5\n";
  }
  {
    name = "toINI-lists";
    expr = lib.generators.toINI { listsAsDuplicateKeys = true; } { s.k = [ 1 2 ]; };
    expected = "[s]\nk=1\nk=2\n";
  }
  {
    name = "toINI-empty";
    expr = lib.generators.toINI { } { };
    expected = "";
  }
  {
    name = "toINIWithGlobalSection";
    expr = [ (lib.generators.toINIWithGlobalSection { } { globalSection.a = 1; sections.s.b = 2; }) (lib.generators.toINIWithGlobalSection { } { globalSection = { }; sections.s.b = 2; }) ];
    expected = [ "a=1\n\n[s]\nb=2\n" "[s]\nb=2\n" ];
  }
  {
    name = "toGitINI";
    expr = lib.generators.toGitINI { user.name = "A \"B\" C"; url."ssh://git@x.org/".insteadOf = [ "a" "b" ]; core = { bare = false; n = 3; }; };
    expected = "[core]\n\tbare = false\n\tn = 3\n\n[url \"ssh://git@x.org/\"]\n\tinsteadOf = \"a\"\n\tinsteadOf = \"b\"\n\n[user]\n\tname = \"A \\\"B\\\" C\"\n";
  }
  {
    name = "toGitINI-mixed";
    expr = lib.generators.toGitINI { a = { x = 1; b.y = 2; }; "c.d".z = "\t"; };
    expected = "[a]\n\tx = 1\n\n[a \"b\"]\n\ty = 2\n\n[c \"d\"]\n\tz = \"\\t\"\n";
  }
  {
    name = "toPretty";
    expr = lib.generators.toPretty { } { a = 1; "b c" = [ 1 "x" null true 1.5 ]; d = { }; e = [ ]; f = x: x; g = { p, q ? 1 }: p; h = { type = "derivation"; name = "n"; }; };
    expected = "{\n  a = 1;\n  \"b c\" = [\n    1\n    \"x\"\n    null\n    true\n    1.5\n  ];\n  d = { };\n  e = [ ];\n  f = <function>;\n  g = <function, args: {p, q?}>;\n  h = <derivation n>;\n}";
  }
  {
    name = "toPretty-line";
    expr = lib.generators.toPretty { multiline = false; } { a = 1; l = [ 1 { b = "q\"\n\${x}"; } ]; };
    expected = "{ a = 1; l = [ 1 { b = \"q\\\"\\n\\\${x}\"; } ]; }";
  }
  {
    name = "toPretty-text";
    expr = lib.generators.toPretty { } { a = "one\ntwo\n"; b = "one\n\${two}''"; c = "\n"; };
    expected = "{\n  a = ''\n    one\n    two\n  '';\n  b = ''\n    one\n    ''\${two}''''';\n  c = ''\n    \n  '';\n}";
  }
  {
    name = "toPretty-pretty";
    expr = lib.generators.toPretty { allowPrettyValues = true; } [ { __pretty = v: "<${toString v}>"; val = 3; } ];
    expected = "[\n  <3>\n]";
  }
  {
    name = "toPretty-indent";
    expr = lib.generators.toPretty { indent = "    "; } [ 1 [ 2 ] ];
    expected = "[\n      1\n      [\n        2\n      ]\n    ]";
  }
  {
    name = "toLua";
    expr = lib.generators.toLua { } { cmd = [ "a" 1 true ]; n = null; e = { }; x = lib.generators.mkLuaInline "f()"; "a b" = 1.5; };
    expected = "{\n  [\"a b\"] = 1.5,\n  [\"cmd\"] = {\n    \"a\",\n    1,\n    true\n  },\n  [\"e\"] = {},\n  [\"n\"] = nil,\n  [\"x\"] = (f())\n}";
  }
  {
    name = "toLua-line";
    expr = lib.generators.toLua { multiline = false; } { a = [ 1 2 ]; e = [ ]; };
    expected = "{ [\"a\"] = { 1, 2 }, [\"e\"] = {} }";
  }
  {
    name = "toLua-bindings";
    expr = lib.generators.toLua { asBindings = true; } { a = { b = 1; }; c.d = [ ]; };
    expected = "a = {\n  [\"b\"] = 1\n}\nc = {\n  [\"d\"] = {}\n}\n";
  }
  {
    name = "withRecursion";
    expr = lib.generators.withRecursion { depthLimit = 1; throwOnDepthLimit = false; } { a.b.c = 1; d = 2; e = [ [ 1 ] ]; };
    expected = { a = { b = "<unevaluated>"; }; d = "<unevaluated>"; e = [ "<unevaluated>" ]; };
  }
  {
    name = "withRecursion-throws";
    expr = (builtins.tryEval (builtins.deepSeq (lib.generators.withRecursion { depthLimit = 1; } { a.b.c = 1; }) 1)).success;
    expected = false;
  }
  # command lines
  {
    name = "toGNUCommandLineShell";
    expr = lib.cli.toGNUCommandLineShell { } { data = builtins.toJSON { id = 0; }; X = "PUT"; retry = 3; retry-delay = null; url = [ "https://a" "https://b" ]; silent = false; verbose = true; v = true; };
    expected = "-X PUT --data '{\"id\":0}' --retry 3 --url https://a --url https://b -v --verbose";
  }
  {
    name = "toGNUCommandLine-separator";
    expr = lib.cli.toGNUCommandLine { optionValueSeparator = "="; } { a = 1; name = "x"; };
    expected = [ "-a=1" "--name=x" ];
  }
  {
    name = "toCommandLineGNU";
    expr = lib.cli.toCommandLineGNU { } { a = "x y"; long = "v"; flag = true; off = false; many = [ 1 2 null ]; v = true; };
    expected = [ "-ax y" "--flag" "--long=v" "--many=1" "--many=2" "-v" ];
  }
  {
    name = "toCommandLineShellGNU";
    expr = lib.cli.toCommandLineShellGNU { } { a = "x y"; long = "v w"; };
    expected = "'-ax y' '--long=v w'";
  }
  {
    name = "toCommandLine";
    expr = lib.cli.toCommandLine (name: { option = "-${name}"; sep = null; explicitBool = true; }) { v = true; o = "x"; };
    expected = [ "-o" "x" "-v" "true" ];
  }
  # customisation
  {
    name = "makeOverridable";
    expr = (lib.makeOverridable ({ a, b ? 2 }: { sum = a + b; }) { a = 1; }).sum;
    expected = 3;
  }
  {
    name = "makeOverridable-override";
    expr = ((lib.makeOverridable ({ a, b ? 2 }: { sum = a + b; }) { a = 1; }).override { b = 10; }).sum;
    expected = 11;
  }
  {
    name = "makeOverridable-function";
    expr = ((lib.makeOverridable ({ a, b }: { inherit a b; }) { a = 1; b = 2; }).override (old: { a = old.a + 5; })).a;
    expected = 6;
  }
  {
    name = "makeOverridable-twice";
    expr = (((lib.makeOverridable ({ a, b }: { sum = a + b; }) { a = 1; b = 2; }).override { a = 10; }).override { b = 20; }).sum;
    expected = 30;
  }
  {
    name = "makeOverridable-args";
    expr = lib.functionArgs (lib.makeOverridable ({ a, b ? 2 }: { }) { a = 1; }).override;
    expected = { a = false; b = true; };
  }
  {
    name = "makeOverridable-scalar";
    expr = lib.makeOverridable ({ a }: a) { a = 1; };
    expected = 1;
  }
  {
    name = "makeOverridable-overrideAttrs";
    expr = ((lib.makeOverridable ({ a }: { v = a; overrideAttrs = f: { v = f a; }; }) { a = 1; }).overrideAttrs (x: x + 1)).v;
    expected = 2;
  }
  {
    name = "callPackageWith";
    expr = (lib.callPackageWith { a = 1; b = 2; } ({ a, b, c ? 3 }: { sum = a + b + c; }) { b = 20; }).sum;
    expected = 24;
  }
  {
    name = "callPackageWith-override";
    expr = ((lib.callPackageWith { a = 1; b = 2; } ({ a, b }: { sum = a + b; }) { }).override { a = 5; }).sum;
    expected = 7;
  }
  {
    name = "callPackageWith-rest";
    expr = (lib.callPackageWith { a = 1; } (args@{ a, ... }: { names = builtins.attrNames args; }) { z = 1; }).names;
    expected = [ "a" "z" ];
  }
  {
    name = "callPackagesWith";
    expr = (lib.callPackagesWith { a = 1; } ({ a }: { x = { v = a; }; }) { }).x.v;
    expected = 1;
  }
  {
    name = "makeScope";
    expr = (lib.makeScope (extra: lib.callPackageWith ({ base = 1; } // extra)) (self: { x = self.callPackage ({ base }: { v = base; }) { }; y = self.callPackage ({ x }: { v = x.v + 1; }) { }; })).y.v;
    expected = 2;
  }
  {
    name = "makeScope-overrideScope";
    expr = ((lib.makeScope (extra: lib.callPackageWith ({ base = 1; } // extra)) (self: { a = 1; b = self.a + 1; })).overrideScope (final: prev: { a = prev.a + 10; })).b;
    expected = 12;
  }
  {
    name = "extendDerivation";
    expr = (lib.extendDerivation true { more = 1; } { type = "derivation"; name = "n"; outputName = "out"; outPath = "/o"; drvPath = "/d"; out = { type = "derivation"; outputName = "out"; outPath = "/o"; drvPath = "/d"; }; }).out.more;
    expected = 1;
  }
  # derivations and meta
  {
    name = "optionalDrvAttr";
    expr = [ (lib.optionalDrvAttr true 1) (lib.optionalDrvAttr false 1) ];
    expected = [ 1 null ];
  }
  {
    name = "getExe";
    expr = lib.getExe { type = "derivation"; outPath = "/p"; name = "n"; meta.mainProgram = "prog"; };
    expected = "/p/bin/prog";
  }
  {
    name = "getExe-bin";
    expr = lib.getExe { type = "derivation"; outPath = "/p"; bin = "/pb"; name = "n"; meta.mainProgram = "prog"; };
    expected = "/pb/bin/prog";
  }
  {
    name = "getExe-named";
    expr = lib.getExe' { type = "derivation"; outPath = "/p"; name = "n"; } "other";
    expected = "/p/bin/other";
  }
  {
    name = "addMetaAttrs";
    expr = lib.addMetaAttrs { x = 1; } { name = "n"; meta.y = 2; };
    expected = { meta = { x = 1; y = 2; }; name = "n"; };
  }
  {
    name = "setName";
    expr = [ (lib.setName "b" { name = "a"; }) (lib.updateName (n: n + "!") { name = "a"; }) (lib.appendToName "x" { name = "a-1"; }) ];
    expected = [ { name = "b"; } { name = "a!"; } { name = "a-x-1"; } ];
  }
  {
    name = "priorities";
    expr = [ (lib.lowPrio { }).meta.priority (lib.hiPrio { }).meta.priority ];
    expected = [ 10 (-10) ];
  }
  {
    name = "licences";
    expr = [ lib.licenses.mit.spdxId lib.licenses.gpl3Only.spdxId lib.licenses.asl20.free lib.licenses.unfree.free ];
    expected = [ "MIT" "GPL-3.0-only" true false ];
  }
  {
    name = "lazyDerivation";
    expr = (lib.lazyDerivation { derivation = { type = "derivation"; name = "n"; outPath = "/o"; drvPath = "/d"; outputName = "out"; system = "s"; outputs = [ "out" ]; out = "/o"; meta = { }; }; }).outPath;
    expected = "/o";
  }
  # debug
  {
    name = "runTests";
    expr = lib.runTests { testGood = { expr = 1; expected = 1; }; testBad = { expr = 1; expected = 2; }; other = { expr = 1; expected = 3; }; };
    expected = [ { expected = 2; name = "testBad"; result = 1; } ];
  }
  {
    name = "runTests-chosen";
    expr = lib.runTests { tests = [ "b" ]; a = { expr = 1; expected = 2; }; b = { expr = 1; expected = 3; }; };
    expected = [ { expected = 3; name = "b"; result = 1; } ];
  }
  {
    name = "testAllTrue";
    expr = lib.testAllTrue [ 1 true ];
    expected = { expected = [ true true ]; expr = [ 1 true ]; };
  }
  {
    name = "traceIf";
    expr = lib.traceIf false "unseen" 3;
    expected = 3;
  }
  # files and sources
  {
    name = "pathType";
    expr = map (p: lib.pathType p) [ ./. ./lib.nix ];
    expected = [ "directory" "regular" ];
  }
  {
    name = "pathIs";
    expr = [ (lib.pathIsDirectory ./.) (lib.pathIsDirectory ./lib.nix) (lib.pathIsRegularFile ./lib.nix) (lib.pathIsRegularFile ./missing) (lib.pathIsDirectory ./missing) ];
    expected = [ true false true false false ];
  }
  {
    name = "listFilesRecursive";
    expr = map (p: lib.removePrefix (toString ./. + "/") (toString p)) (lib.filesystem.listFilesRecursive ./tree);
    expected = [ "tree/a.txt" "tree/b/c.nix" ];
  }
  {
    name = "locateDominatingFile";
    expr = let found = lib.filesystem.locateDominatingFile "(.*)\\.txt" ./tree/b; in { inherit (found) matches; at = baseNameOf found.path; };
    expected = { at = "tree"; matches = [ [ "a" ] ]; };
  }
  {
    name = "cleanSourceFilter";
    expr = map (n: lib.cleanSourceFilter "/x/${n}" "regular") [ ".git" "a.c" "a.o" "a.so" "a~" ".a.swp" ".svn" "result" "a.swp" ".swp" ];
    expected = [ false true false false false false true true true false ];
  }
  {
    name = "cleanSourceFilter-types";
    expr = [ (lib.cleanSourceFilter "/x/.svn" "directory") (lib.cleanSourceFilter "/x/result" "symlink") (lib.cleanSourceFilter "/x/sock" "unknown") (lib.cleanSourceFilter "/x/src" "directory") (lib.cleanSourceFilter "/x/CVS" "directory") ];
    expected = [ false false false true false ];
  }
  {
    name = "cleanSourceWith";
    expr = let s = lib.cleanSourceWith { src = ./tree; filter = p: t: baseNameOf p != "b"; name = "n"; }; in [ s.name (s.filter "/x/b" "regular") (s.filter "/x/c" "regular") ];
    expected = [ "n" false true ];
  }
  {
    name = "cleanSourceWith-nested";
    expr = let s = lib.cleanSourceWith { src = lib.cleanSource ./tree; filter = p: t: baseNameOf p != "b"; }; in [ s.name (s.filter "/x/a.o" "regular") (s.filter "/x/b" "regular") (s.origSrc == ./tree) ];
    expected = [ "source" false false true ];
  }
  {
    name = "sourceByRegex";
    expr = let s = lib.sourceByRegex ./tree [ "a\\.txt" "b" ]; in [ (s.filter (toString ./tree + "/a.txt") "regular") (s.filter (toString ./tree + "/b/c.nix") "regular") ];
    expected = [ true false ];
  }
  {
    name = "sourceFilesBySuffices";
    expr = let s = lib.sourceFilesBySuffices ./tree [ ".nix" ]; in [ (s.filter "/x/a.nix" "regular") (s.filter "/x/a.txt" "regular") (s.filter "/x/d" "directory") ];
    expected = [ true false true ];
  }
  {
    name = "packagesFromDirectoryRecursive";
    expr = lib.filesystem.packagesFromDirectoryRecursive { callPackage = p: args: import p; directory = ./tree/b; };
    expected = { c = "see"; };
  }
  {
    name = "path-append";
    expr = [ (toString (lib.path.append /foo "bar/baz")) (toString (lib.path.append /foo "./bar")) (builtins.tryEval (lib.path.append /foo "../bar")).success ];
    expected = [ "/foo/bar/baz" "/foo/bar" false ];
  }
  {
    name = "path-prefix";
    expr = [ (lib.path.hasPrefix /foo /foo/bar) (lib.path.hasPrefix /foo /foobar) (lib.path.removePrefix /foo /foo/bar/baz) ];
    expected = [ true false "./bar/baz" ];
  }
  {
    name = "path-subpath";
    expr = [ (lib.path.subpath.join [ "foo" "bar/baz" ]) (lib.path.subpath.normalise "a//b/./c/") (lib.path.subpath.isValid "a/../b") (lib.path.subpath.isValid "/a") (lib.path.subpath.components "a/b") ];
    expected = [ "./foo/bar/baz" "./a/b/c" false false [ "a" "b" ] ];
  }
  # nesting
  {
    name = "nested";
    expr = [ (lib.lists.range 1 2) (lib.attrsets.mapAttrsToList (n: v: v) { a = 1; }) (lib.strings.toUpper "a") (lib.trivial.min 1 2) (lib.fixedPoints.fix (s: 1)) (lib.customisation.makeOverridable ({ }: 3) { }) ];
    expected = [ [ 1 2 ] [ 1 ] "A" 1 1 3 ];
  }
]
