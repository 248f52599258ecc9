# A string that isn't closed.
"abc
