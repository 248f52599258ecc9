# The text may end right before the closing quotes.
''
  one
  two''
