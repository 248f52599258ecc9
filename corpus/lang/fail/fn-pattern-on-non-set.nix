# A set pattern takes sets.
({ a }: a) 1
