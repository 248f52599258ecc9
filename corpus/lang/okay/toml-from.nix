# fromTOML of tables and arrays.
builtins.fromTOML ''
  title = "t"
  n = 3
  x = 1.5
  flags = [ true, false ]
  [server]
  ports = [ 1, 2 ]
  [server.deep]
  k = "v"
  [[item]]
  id = 1
  [[item]]
  id = 2
''
