# Without `...` nothing extra is accepted.
({ alpha }: alpha) { alpha = 1; alhpa = 2; }
