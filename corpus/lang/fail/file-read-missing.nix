# Reading one.
builtins.readFile ./no-such-file.txt
