# An escaped newline starts a line as a written one does: the spaces after it are indentation.
''
  a''\n  b
  c
''
