# An integer isn't coerced to a string.
"a" + 1
