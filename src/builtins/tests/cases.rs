//! Expressions and what Nix 2.34.8 answers to them (`nix-instantiate --eval --strict`): the value
//! printed, or the error's message.

/// An expression and its answer.
pub(super) type Case = (&'static str, Result<&'static str, &'static str>);

pub(super) const LISTS: &[Case] = &[
    ("builtins.map 1 [ 1 ]", Err("expected a function but found an integer: 1")),
    ("builtins.filter 1 [ 1 ]", Err("expected a function but found an integer: 1")),
    (r#"builtins.foldl' (a: b: a + b) (throw "x") [ ]"#, Err("x")),
    (r#"builtins.foldl' (a: b: b) (throw "x") [ 1 2 ]"#, Ok("2")),
    (r#"builtins.foldl' (a: b: throw "y") (throw "x") [ 1 2 ]"#, Err("y")),
    ("builtins.foldl' builtins.add 0 [ 1 2 3 ]", Ok("6")),
    ("builtins.foldl' 1 2 3", Err("expected a function but found an integer: 1")),
    ("builtins.genList 1 2", Err("expected a function but found an integer: 1")),
    (r#"builtins.genList (x: x) "a""#, Err(r#"expected an integer but found a string: "a""#)),
    ("builtins.elemAt 1 2", Err("expected a list but found an integer: 1")),
    (r#"builtins.elemAt [ 1 ] "x""#, Err(r#"expected an integer but found a string: "x""#)),
    ("builtins.elem 1 2", Err("expected a list but found an integer: 2")),
    (r#"builtins.elem (throw "x") [ ]"#, Ok("false")),
    ("let f = x: x; in builtins.elem f [ f ]", Ok("true")),
    ("let f = x: x; in builtins.elem (x: x) [ f ]", Ok("false")),
    (r#"builtins.elem { a = 1; } [ 1 { a = 1; } (throw "no") ]"#, Ok("true")),
    ("builtins.concatLists [ ]", Ok("[ ]")),
    ("builtins.concatLists [ [ ] [ 1 ] [ ] ]", Ok("[ 1 ]")),
    ("builtins.concatLists 1", Err("expected a list but found an integer: 1")),
    ("builtins.concatMap (x: [ x x ]) [ 1 2 ]", Ok("[ 1 1 2 2 ]")),
    (
        r#"builtins.groupBy (x: if x > 1 then "many" else "one") [ 1 2 3 ]"#,
        Ok("{ many = [ 2 3 ]; one = [ 1 ]; }"),
    ),
    ("builtins.partition (x: x > 1) [ 1 2 3 ]", Ok("{ right = [ 2 3 ]; wrong = [ 1 ]; }")),
    ("builtins.all (x: x > 0) [ ]", Ok("true")),
    (r#"builtins.any (x: x) [ false true (throw "no") ]"#, Ok("true")),
    ("builtins.any 1 [ ]", Err("expected a function but found an integer: 1")),
    ("builtins.head 1", Err("expected a list but found an integer: 1")),
    ("builtins.foldl' (acc: x: acc ++ [ x ]) [ ] [ 1 2 3 ]", Ok("[ 1 2 3 ]")),
    ("builtins.map (builtins.add 1) [ 1 2 ]", Ok("[ 2 3 ]")),
    (r#"builtins.filter (x: throw "p") [ 1 ]"#, Err("p")),
    (r#"builtins.filter (x: true) [ (throw "x") ] == [ ]"#, Ok("false")),
    (r#"builtins.length (builtins.filter (x: true) [ (throw "x") ])"#, Ok("1")),
    (r#"builtins.length (builtins.map (throw "f") [ ])"#, Ok("0")),
    ("map (f: f 1) [ (builtins.add 1) (builtins.sub 1) ]", Ok("[ 2 0 ]")),
];

pub(super) const ATTRSETS: &[Case] = &[
    (
        r#"builtins.attrNames { b = 1; a = 2; "é" = 3; A = 4; "" = 5; }"#,
        Ok(r#"[ "" "A" "a" "b" "é" ]"#),
    ),
    ("builtins.attrValues { b = 1; a = 2; }", Ok("[ 2 1 ]")),
    (r#"builtins.getAttr "x" { x = throw "inner"; }"#, Err("inner")),
    ("builtins.getAttr 1 { }", Err("expected a string but found an integer: 1")),
    (r#"builtins.getAttr "x" 1"#, Err("expected a set but found an integer: 1")),
    (r#"builtins.hasAttr "x" { x = throw ""; }"#, Ok("true")),
    ("builtins.removeAttrs { a = 1; } 1", Err("expected a list but found an integer: 1")),
    (r#"removeAttrs { a = 1; b = 2; } [ "a" "z" "a" ]"#, Ok("{ b = 2; }")),
    ("builtins.intersectAttrs { a = 1; b = 1; } { b = 2; c = 3; }", Ok("{ b = 2; }")),
    ("builtins.intersectAttrs 1 { }", Err("expected a set but found an integer: 1")),
    (
        r#"builtins.mapAttrs (n: v: "${n}${v}") { a = "1"; b = "2"; }"#,
        Ok(r#"{ a = "a1"; b = "b2"; }"#),
    ),
    (
        "builtins.mapAttrs 1 { a = 1; }",
        Err("attempt to call something which is not a function but an integer: 1"),
    ),
    ("builtins.mapAttrs (n: v: v) 1", Err("expected a set but found an integer: 1")),
    ("builtins.attrNames (builtins.mapAttrs 1 { a = 1; })", Ok(r#"[ "a" ]"#)),
    (r#"builtins.catAttrs "a" [ { a = 1; } { } { a = 2; } ]"#, Ok("[ 1 2 ]")),
    (
        r#"builtins.listToAttrs [ { name = "a"; value = 1; } { name = "a"; value = 2; } ]"#,
        Ok("{ a = 1; }"),
    ),
    ("builtins.listToAttrs [ 1 ]", Err("expected a set but found an integer: 1")),
    (r#"builtins.listToAttrs [ { name = "x"; vale = 1; } ]"#, Err("attribute 'value' missing")),
    (
        "builtins.zipAttrsWith (n: vs: vs) [ { a = 1; } { b = 2; a = 3; } ]",
        Ok("{ a = [ 1 3 ]; b = [ 2 ]; }"),
    ),
    ("builtins.zipAttrsWith (n: vs: vs) [ 1 ]", Err("expected a set but found an integer: 1")),
    ("builtins.functionArgs ({ x, y ? 1, ... }@a: x)", Ok("{ x = false; y = true; }")),
    ("builtins.functionArgs (x: x)", Ok("{ }")),
    ("builtins.functionArgs builtins.map", Ok("{ }")),
    ("builtins.functionArgs (builtins.map 1)", Ok("{ }")),
    (
        r#"builtins.unsafeGetAttrPos "a" { a = 1; }"#,
        Ok(r#"{ column = 33; file = "/test.nix"; line = 1; }"#),
    ),
    (r#"builtins.unsafeGetAttrPos "a" (builtins.mapAttrs (n: v: v) { a = 1; })"#, Ok("null")),
    (
        r#"builtins.unsafeGetAttrPos "a" (builtins.removeAttrs { a = 1; b = 1; } [ "b" ])"#,
        Ok(r#"{ column = 55; file = "/test.nix"; line = 1; }"#),
    ),
    (
        r#"builtins.unsafeGetAttrPos "a" (builtins.intersectAttrs { a = 1; } { a = 1; b = 1; })"#,
        Ok(r#"{ column = 69; file = "/test.nix"; line = 1; }"#),
    ),
    (
        r#"builtins.unsafeGetAttrPos "a" (builtins.listToAttrs [ { name = "a"; value = 1; } ])"#,
        Ok(r#"{ column = 69; file = "/test.nix"; line = 1; }"#),
    ),
    (
        r#"builtins.unsafeGetAttrPos "a" (builtins.functionArgs ({ a }: a))"#,
        Ok(r#"{ column = 57; file = "/test.nix"; line = 1; }"#),
    ),
    (
        r#"builtins.unsafeGetAttrPos "a" (builtins.zipAttrsWith (n: v: v) [ { a = 1; } ])"#,
        Ok("null"),
    ),
    (r#"builtins.unsafeGetAttrPos "a" (builtins.groupBy (x: x) [ "a" ])"#, Ok("null")),
    (r#"builtins.unsafeGetAttrPos "right" (builtins.partition (x: x) [ ])"#, Ok("null")),
    (r#"builtins.unsafeGetAttrPos "success" (builtins.tryEval 1)"#, Ok("null")),
    ("builtins.unsafeGetAttrPos 1 { }", Err("expected a string but found an integer: 1")),
    (
        r#"[ (isNull null) (builtins.isBool true) (builtins.isInt 1) (builtins.isFloat 1) (builtins.isString "") (builtins.isPath /a) (builtins.isList [ ]) (builtins.isAttrs { }) ]"#,
        Ok("[ true true true false true true true true ]"),
    ),
    (r#"builtins.isAttrs (builtins.mapAttrs (throw "f") { })"#, Ok("true")),
    ("builtins.removeAttrs { a = 1; } [ ]", Ok("{ a = 1; }")),
];

pub(super) const CONTROL: &[Case] = &[
    ("builtins.tryEval (assert false; 1)", Ok("{ success = false; value = false; }")),
    (
        r#"builtins.tryEval (abort "x")"#,
        Err("evaluation aborted with the following error message: 'x'"),
    ),
    (r#"builtins.tryEval (1 + "a")"#, Err("cannot add a string to an integer")),
    (r#"builtins.tryEval { a = throw "x"; }.a"#, Ok("{ success = false; value = false; }")),
    (
        r#"builtins.tryEval (builtins.deepSeq [ (throw "x") ] 1)"#,
        Ok("{ success = false; value = false; }"),
    ),
    (r#"builtins.seq (throw "a") 1"#, Err("a")),
    (r#"builtins.seq [ (throw "a") ] 1"#, Ok("1")),
    (r#"builtins.deepSeq [ (throw "a") ] 1"#, Err("a")),
    ("let x = { self = x; a = 1; }; in builtins.deepSeq x x.a", Ok("1")),
    (r#"builtins.abort "x""#, Err("evaluation aborted with the following error message: 'x'")),
    ("abort 1", Err("cannot coerce an integer to a string: 1")),
    (r#"throw "a b""#, Err("a b")),
    ("throw [ ]", Err("cannot coerce a list to a string: [ ]")),
    (r#"builtins.addErrorContext "x" 1"#, Ok("1")),
    (r#"builtins.warn "a" (builtins.warn "b" 1)"#, Ok("1")),
    ("builtins.trace (x: x) 1", Ok("1")),
    ("builtins.trace [ 1 2 { } ] 1", Ok("1")),
    (r#"builtins.trace (throw "a") 1"#, Err("a")),
    (r#"builtins.traceVerbose (throw "a") 1"#, Ok("1")),
];

pub(super) const TYPES: &[Case] = &[
    (
        r#"builtins.typeOf null + builtins.typeOf true + builtins.typeOf 1 + builtins.typeOf 1.0 + builtins.typeOf "" + builtins.typeOf /a + builtins.typeOf [ ] + builtins.typeOf { } + builtins.typeOf (x: x)"#,
        Ok(r#""nullboolintfloatstringpathlistsetlambda""#),
    ),
    (
        "map builtins.isFunction [ (x: x) builtins.map (builtins.map 1) { } ]",
        Ok("[ true true true false ]"),
    ),
];

pub(super) const ARITHMETIC: &[Case] = &[
    (
        "builtins.add 9223372036854775807 1",
        Err("integer overflow in adding 9223372036854775807 + 1"),
    ),
    (
        "builtins.sub (-9223372036854775807) 2",
        Err("integer overflow in subtracting -9223372036854775807 - 2"),
    ),
    (
        "builtins.mul 9223372036854775807 2",
        Err("integer overflow in multiplying 9223372036854775807 * 2"),
    ),
    (
        "builtins.div (-9223372036854775807 - 1) (-1)",
        Err("integer overflow in dividing -9223372036854775808 / -1"),
    ),
    ("builtins.div 1 0", Err("division by zero")),
    ("builtins.div 1.0 0", Err("division by zero")),
    ("builtins.div 1 0.0", Err("division by zero")),
    ("builtins.div 7 2.0", Ok("3.5")),
    (
        r#"builtins.lessThan 1 "a""#,
        Err(r#"cannot compare an integer with a string; values are 1 and "a""#),
    ),
    ("builtins.ceil 1.5", Ok("2")),
    ("builtins.floor (-1.5)", Ok("-2")),
    ("builtins.floor 1.0e300", Err("NixFloat argument 1e+300 is not in the range of NixInt")),
    ("builtins.bitXor 6 3", Ok("5")),
    (r#"builtins.bitOr "a" 3"#, Err(r#"expected an integer but found a string: "a""#)),
    ("1 + builtins.add", Err("cannot add the built-in function 'add' to an integer")),
    (
        "builtins.add + 1",
        Err("cannot coerce the built-in function 'add' to a string: «primop add»"),
    ),
    (
        "(builtins.add 1).x",
        Err(
            "expected a set but found the partially applied built-in function 'add': «partially applied primop add»",
        ),
    ),
    (
        "builtins.add 1 (builtins.add 1)",
        Err(
            "expected an integer but found the partially applied built-in function 'add': «partially applied primop add»",
        ),
    ),
];

pub(super) const CLOSURE: &[Case] = &[
    (
        "builtins.genericClosure { startSet = [ { key = 5; } ]; operator = item: [ { key = if (item.key / 2) * 2 == item.key then item.key / 2 else 3 * item.key + 1; } ]; }",
        Ok("[ { key = 5; } { key = 16; } { key = 8; } { key = 4; } { key = 2; } { key = 1; } ]"),
    ),
    (
        "builtins.genericClosure { startSet = [ { key = 1; a = 1; } { key = 1.0; a = 2; } { key = 2; } ]; operator = x: [ ]; }",
        Ok("[ { a = 1; key = 1; } { key = 2; } ]"),
    ),
    (
        "builtins.genericClosure { startSet = [ { key = [ 1 ]; } { key = [ 1 ]; } { key = [ ]; } ]; operator = x: [ ]; }",
        Ok("[ { key = [ 1 ]; } { key = [ ]; } ]"),
    ),
    (
        "builtins.genericClosure { startSet = [ { key = null; } { key = null; } ]; operator = x: [ ]; }",
        Err(
            "cannot compare null with null; values of that type are incomparable (values are null and null)",
        ),
    ),
    (
        "builtins.genericClosure { startSet = [ { key = 1; } ]; operator = 1; }",
        Err("expected a function but found an integer: 1"),
    ),
    (
        "builtins.genericClosure { startSet = [ { key = 1; } ]; }",
        Err("attribute 'operator' missing"),
    ),
    ("builtins.genericClosure { startSet = 1; }", Err("expected a list but found an integer: 1")),
    ("builtins.genericClosure 1", Err("expected a set but found an integer: 1")),
    (
        r#"builtins.genericClosure { startSet = [ { key = throw "k"; } ]; operator = x: [ ]; }"#,
        Err("k"),
    ),
];

pub(super) const GLOBALS: &[Case] = &[
    ("builtins.builtins.builtins.true", Ok("true")),
    ("__foldl' (a: b: a) 1 [ ]", Ok("1")),
    ("__add 1 2", Ok("3")),
    ("__nixVersion", Ok(r#""2.34.8""#)),
    ("builtins ? __add", Ok("false")),
    ("add 1 2", Err("undefined variable 'add'")),
    ("__map", Err("undefined variable '__map'")),
    ("__true", Err("undefined variable '__true'")),
];

pub(super) const SORT: &[Case] = &[
    ("builtins.sort builtins.lessThan [ 3 1.5 2 (-1) 2.0 ]", Ok("[ -1 1.5 2 2 3 ]")),
    (r#"builtins.sort builtins.lessThan [ "b" "a" "ä" "B" ]"#, Ok(r#"[ "B" "a" "b" "ä" ]"#)),
    (
        "builtins.sort builtins.lessThan [ [ 2 ] [ 1 2 ] [ ] [ 1 ] ]",
        Ok("[ [ ] [ 1 ] [ 1 2 ] [ 2 ] ]"),
    ),
    ("builtins.sort builtins.lessThan [ /b /a /a/b ]", Ok("[ /a /a/b /b ]")),
    (r#"builtins.sort (a: b: throw "cmp") [ 1 2 ]"#, Err("cmp")),
    (r#"builtins.sort (a: b: throw "cmp") [ 1 ]"#, Ok("[ 1 ]")),
    (r#"builtins.sort builtins.lessThan [ 1 (throw "x") ]"#, Err("x")),
    ("builtins.sort 1 [ 1 ]", Err("expected a function but found an integer: 1")),
    (
        "builtins.sort builtins.lessThan [ {} {} ]",
        Err(
            "cannot compare a set with a set; values of that type are incomparable (values are { } and { })",
        ),
    ),
    ("builtins.sort builtins.lessThan [ null ]", Ok("[ null ]")),
    (
        r#"let r = builtins.tryEval (builtins.sort (a: b: throw "c") [ 1 2 ]); in r"#,
        Ok("{ success = false; value = false; }"),
    ),
];

/// What is the same thing, and what is evaluated to find out.
pub(super) const IDENTITY: &[Case] = &[
    (r#"let l = [ (throw "x") ]; in l == l"#, Err("x")),
    (r#"let s = { a = throw "x"; }; in s == s"#, Err("x")),
    (r#"let l = [ (throw "x") ]; in [ l ] == [ l ]"#, Ok("true")),
    (r#"let s = { a = throw "x"; }; in { b = s; } == { b = s; }"#, Ok("true")),
    (r#"let x = throw "x"; in [ x ] == [ x ]"#, Err("x")),
    (r#"let x = throw "x"; in builtins.elem x [ x ]"#, Err("x")),
    (r#"let s = { a = throw "x"; }; in builtins.elem s [ s ]"#, Ok("true")),
    ("let f = x: x; in [ f ] == [ f ]", Ok("true")),
    ("let n = (1.0e308 * 10) - (1.0e308 * 10); l = [ n ]; in l == l", Ok("true")),
    ("let n = (1.0e308 * 10) - (1.0e308 * 10); in [ n ] == [ n ]", Ok("true")),
    ("let f = { a = x: x; }; in f == f", Ok("true")),
    ("let f = { a = x: x; }; in { inherit (f) a; } == f", Ok("false")),
    ("let l = [ (x: x) ]; in l == l", Ok("true")),
    ("let l = [ (x: x) ]; m = l; in [ m ] == [ l ]", Ok("true")),
    ("let l = [ (x: x) ]; in map (x: x) l == l", Ok("false")),
    ("let l = [ (x: x) ]; in builtins.filter (x: true) l == l", Ok("true")),
    ("let l = [ (x: x) (y: y) ]; in builtins.tail l == [ (builtins.elemAt l 1) ]", Ok("false")),
    ("let l = [ (x: x) (y: y) ]; in builtins.head l == builtins.head l", Ok("false")),
    (r#"let s = { a = throw "x"; type = "derivation"; outPath = "q"; }; in s == s"#, Ok("true")),
    (r#"let l = [ (throw "x") ]; in l < l"#, Err("x")),
    ("let f = x: x; in builtins.elem (builtins.head [ f ]) [ f ]", Ok("false")),
    ("let f = x: x; s = { inherit f; }; in builtins.elem f (builtins.attrValues s)", Ok("true")),
    ("let f = x: x; in builtins.elem f (builtins.concatLists [ [ f ] [ 1 ] ])", Ok("true")),
    ("let f = x: x; in builtins.elem f (builtins.sort (a: b: false) [ f f ])", Ok("true")),
    ("let f = x: x; in builtins.elem f (builtins.partition (x: true) [ f ]).right", Ok("true")),
    ("let f = x: x; in builtins.foldl' (a: b: a || builtins.elem b [ f ]) false [ f ]", Ok("true")),
    ("let f = x: x; in [ (builtins.tryEval f).value ] == [ f ]", Ok("false")),
    ("let f = x: x; in [ (builtins.seq 1 f) ] == [ f ]", Ok("false")),
];
