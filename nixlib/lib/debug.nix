# Looking at values while they are computed. Messages go to standard error.
{ debug, generators, attrsets, trivial, ... }:
let
  inherit (builtins) trace deepSeq isAttrs isList;

  # What lies deeper than `depth` is shown as an ellipsis.
  shorten =
    depth: value:
    let
      stub = text: {
        __pretty = _value: text;
        val = null;
      };
    in
    if isList value then
      if depth == 0 then stub "[…]" else map (shorten (depth - 1)) value
    else if isAttrs value then
      if depth == 0 then stub "{…}" else builtins.mapAttrs (_name: shorten (depth - 1)) value
    else
      value;
in
{
  inherit (builtins) addErrorContext trace unsafeGetAttrPos;

  traceIf = condition: message: value: if condition then trace message value else value;
  traceValFn = f: value: trace (f value) value;
  traceVal = debug.traceValFn trivial.id;
  traceSeq = shown: value: trace (deepSeq shown shown) value;
  traceSeqN =
    depth: shown: value:
    let
      short = shorten depth shown;
    in
    trace (generators.toPretty { allowPrettyValues = true; } (deepSeq short short)) value;
  traceValSeqFn = f: value: debug.traceValFn f (deepSeq value value);
  traceValSeq = debug.traceValSeqFn trivial.id;
  traceValSeqNFn =
    f: depth: value:
    debug.traceSeqN depth (f value) value;
  traceValSeqN = debug.traceValSeqNFn trivial.id;
  traceFnSeqN =
    depth: name: f: argument:
    let
      result = f argument;
    in
    debug.traceSeqN depth {
      fn = name;
      from = argument;
      to = result;
    } result;

  # The failures among tests `{ expr, expected }`. Only names that start with "test" are tests, and if
  # there is an attribute `tests`, only those it lists.
  runTests =
    tests:
    let
      chosen =
        if tests ? tests then
          tests.tests
        else
          builtins.filter (name: builtins.substring 0 4 name == "test") (builtins.attrNames tests);
      failure =
        name:
        let
          test = tests.${name};
        in
        if test.expr == test.expected then
          [ ]
        else
          [
            {
              inherit name;
              inherit (test) expected;
              result = test.expr;
            }
          ];
    in
    builtins.concatMap failure chosen;
  testAllTrue = values: {
    expr = values;
    expected = map (_value: true) values;
  };
}
