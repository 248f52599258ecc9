# Spaces up to the end of the opening line are dropped with it.
''   
  text
''
