# A trailing comma is allowed.
({ a, b, }: a + b) { a = 1; b = 2; }
