# Checks with a message.
{ asserts, lists, generators, trivial, ... }:
{
  assertMsg = condition: message: condition || throw message;
  assertOneOf =
    name: value: allowed:
    asserts.assertMsg (builtins.elem value allowed) "${name} must be one of ${
      generators.toPretty { multiline = false; } allowed
    }, but is: ${generators.toPretty { multiline = false; } value}";
  assertEachOneOf =
    name: values: allowed:
    asserts.assertMsg (lists.all (value: builtins.elem value allowed) values) "each element in ${name} must be one of ${
      generators.toPretty { multiline = false; } allowed
    }, but is: ${generators.toPretty { multiline = false; } values}";
  checkAssertWarn =
    assertions: warnings: value:
    let
      failed = builtins.filter (check: !check.assertion) assertions;
      listed = builtins.concatStringsSep "\n" (map (check: "- ${check.message}") failed);
    in
    if failed != [ ] then throw "\nFailed assertions:\n${listed}" else trivial.showWarnings warnings value;
}
