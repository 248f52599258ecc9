# The smallest indentation of all lines is removed; the newline after `''` too.
''
  one
    two
  three
''
