# A double-quoted string may hold newlines; nothing is stripped.
"first
  second
    third
"
