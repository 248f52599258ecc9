# Spaces before a tab are indentation.
''
  	a
    b
''
