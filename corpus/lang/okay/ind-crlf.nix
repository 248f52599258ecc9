# A carriage return is text: it stays, also on the opening line.
''
  a
  b
''
