# Double quotes need no escape.
''say "hi" and ${"\"ho\""}''
