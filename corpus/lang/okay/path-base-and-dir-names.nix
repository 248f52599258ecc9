# baseNameOf and dirOf of strings.
[ (map baseNameOf [ "/a/b" "b" "/a/b/" "/" "" "a//b" ]) (map dirOf [ "/a/b" "b" "/a/b/" "/" "a//b" "/a" ]) ]
