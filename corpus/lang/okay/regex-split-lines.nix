# Lines of a text, the way labs do it.
builtins.filter builtins.isString (builtins.split "\n" "one\ntwo\n\nfour\n")
