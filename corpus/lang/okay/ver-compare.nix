# compareVersions: pre comes before everything, a number after a word.
map ({ a, b }: builtins.compareVersions a b) [ { a = "1.0"; b = "1.0"; } { a = "1.0"; b = "1.1"; } { a = "1.10"; b = "1.9"; } { a = "1.0pre1"; b = "1.0"; } { a = "1.0"; b = "1.0.1"; } { a = "2"; b = "10"; } { a = "1.a"; b = "1.1"; } { a = "01"; b = "1"; } ]
