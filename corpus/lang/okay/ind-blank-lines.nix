# Empty lines and lines of spaces take no part in finding the indentation.
''
    a

    b
  
    c
      
    d
''
