# A source file in an attribute becomes an input source.
(derivation { name = "src"; system = "x86_64-linux"; builder = "/bin/sh"; src = ./data/hello.txt; script = builtins.toFile "s.sh" "echo hi"; }).drvPath
