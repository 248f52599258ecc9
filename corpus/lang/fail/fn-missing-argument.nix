# A formal without default that isn't given.
({ a, b }: a) { a = 1; }
