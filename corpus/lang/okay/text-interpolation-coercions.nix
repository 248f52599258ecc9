# Interpolation takes strings, paths' copies and sets that stand for strings; not numbers.
[ "${"s"}" "${{ outPath = "o"; }}" "${{ __toString = s: "t"; }}" (builtins.tryEval (builtins.isString "${"x"}")).value ]
