# Spaces before text on the opening line count as indentation.
''  first
      second
    third''
