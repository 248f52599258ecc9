# parseDrvName cuts at the first dash before something that isn't a letter.
map builtins.parseDrvName [ "hello-2.10" "gcc-wrapper-12.3" "plain" "a-b-c" "x-1-2" "python3.11-numpy-1.0" ]
