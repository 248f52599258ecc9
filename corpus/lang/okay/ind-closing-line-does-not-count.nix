# The closing line's indentation counts as an empty line's: it takes no part, and is dropped.
[ ''
      deep
  '' ''
  shallow
        '' ]
