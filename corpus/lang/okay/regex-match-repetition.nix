# Repetition is greedy; bounded repetition.
[ (builtins.match "(a+)(a*)" "aaa") (builtins.match "(.*),(.*)" "a,b,c") (builtins.match "(ab){2}" "abab") (builtins.match "a{0,1}b" "b") (builtins.match "(a{2,})" "aaaa") ]
