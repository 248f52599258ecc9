# A selection from something that isn't a set.
(1).a
