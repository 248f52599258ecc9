# Text on the opening line has its own indentation, which counts.
''first
    second
      third''
