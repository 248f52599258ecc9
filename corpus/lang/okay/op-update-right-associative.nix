# `//` associates to the right and the right side wins.
[ ({ a = 1; } // { a = 2; } // { a = 3; }) ({ a = 1; b = 1; } // { b = 2; } // { c = 3; }) ({ } // { }) ]
