# Checks with a message.
{
  asserts,
  generators,
  lists,
  trivial,
  ...
}:
let
  show = generators.toPretty { multiline = false; };
in
{
  assertMsg = condition: message: condition || throw message;
  assertOneOf =
    name: value: allowed:
    asserts.assertMsg (builtins.elem value allowed) "${name} is ${show value}, which is none of ${show allowed}";
  assertEachOneOf =
    name: values: allowed:
    asserts.assertMsg (
      lists.subtractLists allowed values == [ ]
    ) "${name} has ${show (lists.subtractLists allowed values)}, but only these are allowed: ${show allowed}";
  checkAssertWarn =
    assertions: warnings: value:
    let
      failed = builtins.filter (check: !check.assertion) assertions;
      listed = builtins.concatStringsSep "\n" (map (check: "- ${check.message}") failed);
    in
    if failed != [ ] then throw "these conditions do not hold:\n${listed}" else trivial.showWarnings warnings value;
}
