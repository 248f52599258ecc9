# Only U+0020 counts as a space.
builtins.stringLength ''
   nbsp
  x
''
