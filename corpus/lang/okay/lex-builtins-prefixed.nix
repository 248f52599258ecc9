# Builtins are reachable under their double-underscore names as well.
[ (__length [ 1 ]) (__typeOf 1) (__isAttrs { }) (__add 1 2) ]
