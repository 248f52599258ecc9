# deepSeq finds the error inside.
builtins.deepSeq { a.b = throw "deep inside"; } 1
