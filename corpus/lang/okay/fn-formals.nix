# A set pattern takes exactly the names it lists.
({ a, b }: a - b) { b = 1; a = 5; }
