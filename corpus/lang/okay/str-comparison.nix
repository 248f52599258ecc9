# Strings compare byte by byte.
[ ("a" < "b") ("a" < "B") ("" < "a") ("abc" < "abd") ("ab" < "abc") ("é" > "z") ("10" < "9") ("a" <= "a") ("a" >= "b") ]
