# `derivation`: what `derivationStrict` makes of the attributes, joined with them. The result is a set for the first
# output; it holds a set for each output under the output's name, and all of them, in order, in `all`.
# Every part waits until it is needed: asking for an attribute that was given doesn't make the derivation.
attributes@{
  outputs ? [ "out" ],
  ...
}:
let
  made = derivationStrict attributes;

  shared =
    attributes
    // builtins.listToAttrs named
    // {
      all = map (output: output.value) named;
      drvAttrs = attributes;
    };

  named = map (outputName: {
    name = outputName;
    value = shared // {
      inherit outputName;
      outPath = made.${outputName};
      inherit (made) drvPath;
      type = "derivation";
    };
  }) outputs;
in
(builtins.head named).value
