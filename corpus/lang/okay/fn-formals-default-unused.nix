# A default that isn't needed isn't evaluated, and neither is an unused argument.
({ a ? throw "never", b }: b) { b = 1; }
