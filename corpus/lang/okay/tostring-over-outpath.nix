# __toString wins over outPath.
"${{ __toString = _: "s"; outPath = "o"; }}"
