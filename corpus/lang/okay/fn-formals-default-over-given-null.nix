# A default is used for a missing attribute only; null counts as given.
({ a ? 1 }: a) { a = null; }
