# A line of spaces and a carriage return isn't blank.
''
    a
  
    b
''
