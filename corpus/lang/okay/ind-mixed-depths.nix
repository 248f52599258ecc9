# The least indented line decides, wherever it is.
''
        eight
    four
      six
            twelve
''
