# A path plus a string is a path; no slash is put between.
[ (toString (/a + "b")) (toString (/a + "/b")) (toString (/a + /b)) (builtins.typeOf (/a + "b")) (builtins.typeOf ("b" + "/a")) (toString (/a/b + "/../c")) (toString (/. + "x")) ]
