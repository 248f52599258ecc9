# A lone carriage return doesn't end a line.
''
  a  b
  c
''
