# A line of spaces only keeps what is beyond the indentation.
''
  a
       
  b
''
